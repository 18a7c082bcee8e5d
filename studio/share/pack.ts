// Bytes as text in links: compressed, in the letters that addresses don't escape.

/** The most letters: longer links are cut by mail programs and servers. */
export const MOST_PACKED = 6000;

/** Packs bytes; undefined if they need too many letters. */
export async function packBytes(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const packed = new Uint8Array(await new Response(stream).arrayBuffer());
  const text = btoa(Array.from(packed, (byte) => String.fromCharCode(byte)).join(''))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
  return text.length > MOST_PACKED ? undefined : text;
}

/** The bytes in a text, at most `limit`; undefined if it is damaged. */
export async function unpackBytes(text: string, limit: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (text.length > MOST_PACKED || !/^[\w-]+$/.test(text)) {
    return undefined;
  }
  try {
    const letters = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    const packed = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const reader = new Blob([packed])
      .stream()
      .pipeThrough(new DecompressionStream('deflate-raw'))
      .getReader();
    const bytes: number[] = [];
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (bytes.length + part.value.length > limit) {
        await reader.cancel();
        return undefined;
      }
      bytes.push(...part.value);
    }
    return Uint8Array.from(bytes);
  } catch {
    // Not compressed bytes.
    return undefined;
  }
}
