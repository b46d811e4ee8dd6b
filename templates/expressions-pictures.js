/** Pictures: drawn as JPEGs, and read from files that someone chooses. */

import { Refusal } from './expressions-refusal.js';
import { NO_PICTURE, UNREADABLE, inMegabytes } from './expressions-words.js';

// The service shows no more pixels a side, so none are sent.
const MOST_SIDE = 1280;
const PICTURE_QUALITY = 0.9;
// What a phone's camera makes, and some.
const MOST_FILE_BYTES = 32 * 1024 * 1024;

/** A canvas whose size is set is a new one, also where it is the same. */
export function resize(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} */
export function jpegOf(canvas, quality) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Refusal(UNREADABLE))), 'image/jpeg', quality);
  });
}

/** @param {Blob} blob @returns {Promise<string>} */
export function asDataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** @param {string} source @returns {Promise<HTMLImageElement>} @throws {Refusal} */
export async function readImage(source) {
  const image = new Image();
  image.src = source;
  await image.decode().catch(() => {
    throw new Refusal(UNREADABLE);
  });
  return image;
}

/** @param {string} head The first 12 bytes, one in each character. @returns {string | null} */
export function kindOf(head) {
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  return head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP' ? 'webp' : null;
}

/**
 * A picture as it is sent: upright, no larger than it will be shown, on white where it was
 * transparent, and without what else the file says, such as the place where it was taken.
 *
 * @param {File} file
 * @returns {Promise<{dataUrl: string, sentence: string}>} sentence: where it was made smaller.
 * @throws {Refusal}
 */
export async function readPicture(file) {
  if (file.size > MOST_FILE_BYTES) {
    const most = inMegabytes(MOST_FILE_BYTES);
    throw new Refusal(`This file has ${inMegabytes(file.size)}; choose a picture of ${most} at most.`);
  }
  const head = new Uint8Array(await file.slice(0, 12).arrayBuffer());
  if (!kindOf(String.fromCharCode(...head))) throw new Refusal(NO_PICTURE);
  const address = URL.createObjectURL(file);
  try {
    return await drawnAnew(await readImage(address));
  } finally {
    URL.revokeObjectURL(address);
  }
}

async function drawnAnew(image) {
  const { naturalWidth: width, naturalHeight: height } = image;
  const scale = Math.min(1, MOST_SIDE / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', { alpha: false });
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const dataUrl = await asDataUrl(await jpegOf(canvas, PICTURE_QUALITY));
  const sentence = `Made smaller, from ${width}×${height} to ${canvas.width}×${canvas.height} pixels.`;
  return { dataUrl, sentence: scale < 1 ? sentence : '' };
}
