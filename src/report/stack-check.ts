import { clean } from "../util/clean.ts";
import { painter, type Output } from "./output.ts";
import { tableText } from "./table.ts";

/** The checklist of a stack. */
export interface CheckInput {
  readonly profile: "development" | "production";
  readonly points: readonly {
    readonly name: string;
    readonly title: string;
    readonly state: "done" | "elsewhere" | "not-needed" | "missing";
    readonly detail: string;
    readonly hint?: string;
  }[];
}

const STATES = {
  done: ["green", "done"],
  elsewhere: ["green", "elsewhere"],
  "not-needed": ["dim", "not needed"],
  missing: ["red", "missing"],
} as const;

/** A table of the points, how to do the missing ones, and a summary. */
export function checkText({ profile, points }: CheckInput, output: Output): string {
  const paint = painter(output);
  const rows = points.map(({ title, state, detail }) => {
    const [style, text] = STATES[state];
    return [clean(title), paint(style, text), clean(detail)];
  });
  const head = ["POINT", "STATE", "SETTING"].map((title) => paint("bold", title));
  const missing = points.filter(({ state }) => state === "missing");
  const hints = missing.map(({ name, hint = "" }) => `${paint("bold", clean(name))}: ${clean(hint)}\n`).join("");
  const count = `${missing.length} of ${points.length} points ${missing.length === 1 ? "is" : "are"} missing`;
  const summary =
    missing.length === 0
      ? `${paint("green", "No point is missing.")}\n`
      : profile === "production"
        ? `${paint("red", `${count}.`)}\n`
        : `${count}. The profile is "development", so this is not an error.\n`;
  return [tableText([head, ...rows]), hints, summary].filter((part) => part !== "").join("\n");
}
