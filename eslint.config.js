import js from '@eslint/js';
import html from 'eslint-plugin-html';
import globals from 'globals';

export default [
  { ignores: ['.venv/', 'node_modules/', 'data/'] },
  js.configs.recommended,
  {
    files: ['user/js/*.js'],
    languageOptions: { sourceType: 'script', globals: globals.browser },
  },
  {
    files: ['templates/*.js'],
    languageOptions: { sourceType: 'module', globals: { ...globals.browser, WebcamWebSocket: 'readonly' } },
  },
  {
    // The script in it; a copy of it stands on other sites, so it is a plain one.
    files: ['templates/web_eye_client.html'],
    plugins: { html },
    languageOptions: { sourceType: 'script', globals: globals.browser },
  },
  { files: ['eslint.config.js'], languageOptions: { sourceType: 'module' } },
];
