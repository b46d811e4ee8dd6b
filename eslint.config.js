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
    files: ['user/js/landmark-worker.js'],
    languageOptions: { globals: globals.worker },
  },
  {
    files: ['templates/*.js'],
    languageOptions: { sourceType: 'module', globals: { ...globals.browser, WebcamWebSocket: 'readonly' } },
  },
  {
    // The scripts in them; copies of them stand on other sites, so they are plain ones.
    files: ['templates/web_eye_client.html', 'examples/*.html'],
    plugins: { html },
    languageOptions: { sourceType: 'script', globals: globals.browser },
  },
  { files: ['eslint.config.js'], languageOptions: { sourceType: 'module' } },
];
