/** Writes a whole file or nothing. Loads the package when it writes, since most commands write no file. */
export async function writeFileAtomic(path: string, text: string, options: { mode?: number } = {}): Promise<void> {
  const { default: write } = await import("write-file-atomic");
  await write(path, text, options);
}
