// The names of files in archives.

/** Compares names of files, numbers in them by value; `localeCompare` would take many times as long. */
export const inNumericalOrder = new Intl.Collator('en', { numeric: true }).compare;

/** Archives of a folder's content have names that start with `./`. */
export function tidy(name: string): string {
  return name.replace(/^(\.\/)+/, '');
}

/** The characters of code page 437 from 0x80 on. */
const page437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀' +
  'αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';

const decoders = { marked: new TextDecoder(), unmarked: new TextDecoder('utf-8', { fatal: true }) };

/** The host systems whose file names can't contain `\`: FAT, NTFS, VFAT. */
const windowsHosts = [0, 10, 14];

/**
 * The name of a file in a zip archive: UTF-8 if it is marked as such or is valid UTF-8, as many programs do not
 * mark it; otherwise code page 437, the standard's default. Some programs for Windows separate folders by `\`.
 *
 * @param host the system that made the archive, by its number there
 */
export function zipName(bytes: Uint8Array, isMarked: boolean, host: number): string {
  const name = decodedName(bytes, isMarked);
  return tidy(windowsHosts.includes(host) ? name.replaceAll('\\', '/') : name);
}

function decodedName(bytes: Uint8Array, isMarked: boolean): string {
  try {
    return decoders[isMarked ? 'marked' : 'unmarked'].decode(bytes);
  } catch {
    const characters = Array.from(bytes, (byte) =>
      byte < 0x80 ? String.fromCharCode(byte) : page437[byte - 0x80]!,
    );
    return characters.join('');
  }
}
