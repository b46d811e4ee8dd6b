/** Presets: files with a picture for each expression. */

import { kindOf, readImage } from './expressions-pictures.js';
import { Refusal } from './expressions-refusal.js';
import { inMegabytes, words } from './expressions-words.js';

/** @typedef {import('./expressions-gallery.js').Picture} Picture */

const MEGABYTE = 1024 * 1024;
const MEGAPIXEL = 1024 * 1024;
// Of an uploaded picture; the service refuses more.
const MOST_BYTES = 2 * MEGABYTE;
const MOST_PIXELS = 4 * MEGAPIXEL;
const MOST_PRESET_BYTES = 60 * MEGABYTE;
const PRESET_KIND = 'eyelearn_expression_preset';
const PRESET_VERSION = 1;
const PRESET_FILE = 'expressions.json';
// The browser reads a download after the click.
const READ_MS = 1_000;

/** @param {Map<string, Picture>} pictures By expression. */
export function download(pictures) {
  const images = Object.fromEntries([...pictures].map(([expression, { dataUrl }]) => [expression, dataUrl]));
  const file = new Blob([JSON.stringify({ [PRESET_KIND]: PRESET_VERSION, images })], { type: 'application/json' });
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(file), download: PRESET_FILE });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), READ_MS);
}

/**
 * @param {File} file
 * @param {string[]} expressions Those that there are.
 * @returns {Promise<[string, string][]>} Expressions with data URLs, all of them fit to be sent.
 * @throws {Refusal}
 */
export async function readPreset(file, expressions) {
  if (file.size > MOST_PRESET_BYTES) {
    throw new Refusal(`This file has ${inMegabytes(file.size)}; a preset has ${inMegabytes(MOST_PRESET_BYTES)} at most.`);
  }
  const { [PRESET_KIND]: version, images } = Object(asJson(await file.text()));
  if (version === undefined) throw new Refusal('This file is no preset of expressions.');
  if (version !== PRESET_VERSION) throw new Refusal('This preset is of a kind that this page does not know.');
  const isObject = typeof images === 'object' && images !== null && !Array.isArray(images);
  const entries = isObject ? Object.entries(images) : [];
  if (entries.length === 0) throw new Refusal('This preset has no pictures.');
  for (const [expression, dataUrl] of entries) {
    if (!expressions.includes(expression)) {
      throw new Refusal(`This preset has a picture for “${expression.slice(0, 40)}”, which is no expression.`);
    }
    await checkPicture(expression, dataUrl);
  }
  return entries;
}

function asJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('This file is no preset: it can’t be read as JSON.');
  }
}

/** @returns {string} One byte in each character; empty where it is no base64. */
function fromBase64(text) {
  try {
    return atob(text);
  } catch {
    return '';
  }
}

/** @throws {Refusal} Where the service would not take it as it is. */
async function checkPicture(expression, dataUrl) {
  const its = `This preset’s picture for “${words(expression)}”`;
  const [prefix, kind] = /^data:image\/(jpeg|png|webp);base64,/.exec(dataUrl) ?? [''];
  const base64 = String(dataUrl).slice(prefix.length);
  if (!kind || kindOf(fromBase64(base64.slice(0, 16))) !== kind) throw new Refusal(`${its} is no JPEG, PNG or WebP.`);
  if (base64.length * 0.75 > MOST_BYTES) throw new Refusal(`${its} is larger than ${inMegabytes(MOST_BYTES)}.`);
  const { naturalWidth, naturalHeight } = await readImage(dataUrl).catch(() => {
    throw new Refusal(`${its} can’t be read.`);
  });
  if (naturalWidth * naturalHeight > MOST_PIXELS) {
    throw new Refusal(`${its} has more than ${MOST_PIXELS / MEGAPIXEL} megapixels.`);
  }
}
