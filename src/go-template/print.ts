import { durationText } from "./duration.ts";
import { methodOf, timeText } from "./methods.ts";
import { unsupported } from "./template-error.ts";
import { indirect } from "./types.ts";
import {
  GoDuration,
  GoFloat,
  GoInt,
  GoList,
  GoMap,
  GoPointer,
  GoStruct,
  GoText,
  GoTime,
  type GoValue,
} from "./values.ts";

/** The text of a value that a template prints. */
export function textOf(value: GoValue): string {
  if (value === undefined) return "<no value>";
  return printed(value instanceof GoPointer && value.target !== undefined ? indirect(value) : value);
}

/** The text of a value as an argument of `print`, and inside of another value. */
export function printed(value: GoValue): string {
  if (value === undefined) return "<nil>";
  const own = ownText(value);
  if (own !== undefined) return own;
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return `${value}`;
  if (value instanceof GoInt) return `${value.value}`;
  if (value instanceof GoFloat) return shortestFloat(value.value);
  if (value instanceof GoText) return value.value;
  if (value instanceof GoList) return `[${value.items.map(printed).join(" ")}]`;
  if (value instanceof GoMap)
    return `map[${value
      .sorted()
      .map(([key, item]) => `${key}:${printed(item)}`)
      .join(" ")}]`;
  if (value instanceof GoStruct) {
    const fields = Object.values(value.fields);
    if (fields.length === 0) unsupported(`the text of ${value.type}`);
    return `{${fields.map((field) => printed(field.value)).join(" ")}}`;
  }
  if (value instanceof GoPointer) {
    if (value.target === undefined) return "<nil>";
    unsupported("a pointer, which Go prints as an address in memory,");
  }
  return unsupported("this value");
}

/** The text of types that define one. */
export function ownText(value: GoValue): string | undefined {
  if (value instanceof GoTime) return timeText(value);
  if (value instanceof GoDuration) return durationText(value.nanoseconds);
  if (value instanceof GoInt) return value.text;
  const method = value instanceof GoList || value instanceof GoMap ? methodOf(value, "String") : undefined;
  const text = method?.call();
  return typeof text === "string" ? text : undefined;
}

/** `%v` of a float: the shortest text of the same number, with an exponent if that is below -4 or above 5. */
export function shortestFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const negative = value < 0 || Object.is(value, -0);
  const [digits = "0", exponent = "0"] = Math.abs(value).toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 6) return `${negative ? "-" : ""}${digits}e${exponentOf(power)}`;
  const plain = digits.replace(".", "");
  const text =
    power < 0
      ? `0.${"0".repeat(-power - 1)}${plain}`
      : plain.length <= power + 1
        ? plain.padEnd(power + 1, "0")
        : `${plain.slice(0, power + 1)}.${plain.slice(power + 1)}`;
  return `${negative ? "-" : ""}${text}`;
}

/** At least two digits. */
export function exponentOf(power: number): string {
  return `${power < 0 ? "-" : "+"}${`${Math.abs(power)}`.padStart(2, "0")}`;
}

/** `fmt.Sprint`: a space between two values that are not texts. */
export function sprint(values: readonly GoValue[]): string {
  return values
    .map((value, index) => {
      const previous = values[index - 1];
      const needsSpace = index > 0 && !isText(value) && !isText(previous);
      return `${needsSpace ? " " : ""}${printed(value)}`;
    })
    .join("");
}

function isText(value: GoValue): boolean {
  return typeof value === "string" || value instanceof GoText;
}
