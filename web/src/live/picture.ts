/** The side of a picture in pixels: what the largest face on the page takes on a screen of the highest density. */
const SIDE = 256;

/** A picture file of any size as a small square: the middle of it. Rejects what no picture is. */
export async function squareOf(file: Blob): Promise<Blob> {
  const image = await createImageBitmap(file);
  const side = Math.min(image.width, image.height);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIDE;
  canvas.getContext('2d')!.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, SIDE, SIDE);
  image.close();
  return new Promise((resolve, reject) => {
    // Browsers that cannot write WebP write PNG; the server goes by the bytes.
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('No picture.'))), 'image/webp', 0.9);
  });
}

/** As an address that an image takes, which the page's policy allows: `data:`, not `blob:`. */
export function addressOf(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error('Not read.'));
    reader.readAsDataURL(blob);
  });
}
