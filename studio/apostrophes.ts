// The typography of texts from the library and the documents, which are written for terminals and files.

/** Replaces the apostrophes of n’t, ’re, ’ve and ’ll, which names of files seldom have. */
export function curlyApostrophes(text: string): string {
  return text.replaceAll(/(?<=n)'(?=t\b)|(?<=[a-z])'(?=(?:re|ve|ll)\b)/gi, '’');
}
