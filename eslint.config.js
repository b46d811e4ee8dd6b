import js from '@eslint/js';
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
  { files: ['eslint.config.js'], languageOptions: { sourceType: 'module' } },
];
