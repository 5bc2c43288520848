import { styleText } from "node:util";

/** Where text is written. Node's `styleText` honours `NO_COLOR` and `FORCE_COLOR`, and writes no colors to a pipe. */
export interface Output {
  readonly stream: NodeJS.WriteStream | NodeJS.WritableStream;
  readonly color: boolean;
  /** Lists everything, such as all resources that have a change in common. */
  readonly verbose?: boolean;
}

export type Style = Parameters<typeof styleText>[0];

export type Paint = (style: Style, text: string) => string;

export function painter({ stream, color }: Output): Paint {
  return (style, text) => (color ? styleText(style, text, { stream }) : text);
}
