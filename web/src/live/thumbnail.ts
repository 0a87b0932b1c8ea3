/** Pixels of a thumbnail's longer side: twice what a message shows, for screens that have two to a point. */
const SIDE = 480;

/** A picture of so few bytes and pixels is its own thumbnail. */
const SMALL_BYTES = 60_000;

/** A smaller picture of a picture; undefined if it needs none, moves, or cannot be drawn. What a camera has noted in it is not in the smaller one. */
export async function thumbnailOf(file: Blob): Promise<Blob | undefined> {
  if (file.type === 'image/gif' || file.size <= SMALL_BYTES) return undefined;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const small = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/webp', 0.8));
    return small && small.size < file.size ? small : undefined;
  } catch {
    return undefined;
  }
}
