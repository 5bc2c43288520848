/** The position of an action's closing braces. Skips strings and comments. Undefined: it is not closed. */
export function actionEnd(text: string, from: number): number | undefined {
  const comment = /^-?\s*\/\*/.exec(text.slice(from));
  if (comment) {
    const close = text.indexOf("*/", from + comment[0].length);
    const end = close < 0 ? -1 : text.indexOf("}}", close);
    return end < 0 ? undefined : end;
  }
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === "}" && text[at + 1] === "}") return at;
    if (char === '"' || char === "`" || char === "'") {
      const close = stringEnd(text, at, char);
      if (close === undefined) return undefined;
      at = close;
    }
  }
  return undefined;
}

function stringEnd(text: string, from: number, quote: string): number | undefined {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\" && quote !== "`") at++;
    else if (text[at] === quote) return at;
    else if (text[at] === "\n" && quote !== "`") return undefined;
  }
  return undefined;
}
