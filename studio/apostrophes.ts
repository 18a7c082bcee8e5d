// The typography of texts from the library and the documents, which are written for terminals and files.

/** Replaces straight apostrophes inside words. */
export function curlyApostrophes(text: string): string {
  return text.replaceAll(/(?<=[a-z])'(?=[a-z])/gi, '’');
}
