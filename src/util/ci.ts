/** Whether a CI system runs this process: `CI` is set, and not to `false` or `0`. */
export function isCi({ CI: value = "" }: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return value !== "" && !/^(false|0)$/i.test(value);
}
