import { styleText } from "node:util";

/** Where the text goes decides whether it is coloured: `NO_COLOR`, `FORCE_COLOR` and a pipe are respected by Node itself. */
export interface Output {
  readonly stream: NodeJS.WriteStream | NodeJS.WritableStream;
  readonly color: boolean;
}

export type Style = Parameters<typeof styleText>[0];

export type Paint = (style: Style, text: string) => string;

export function painter({ stream, color }: Output): Paint {
  return (style, text) => (color ? styleText(style, text, { stream }) : text);
}
