// Downloads of generated files.

/** Downloads bytes under a name. */
export function download(bytes: Uint8Array<ArrayBuffer>, name: string, type: string): void {
  downloadBlob(new Blob([bytes], { type }), name);
}

/** Downloads a file that is there under a name. */
export function downloadBlob(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // By then the download has started.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
