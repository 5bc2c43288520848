type Binary = (a: number, b: number) => number;
/** Undefined is a null of Grafana. */
type Unary = (value: number | undefined) => number;

/** Operators for two numbers that are not NaN. */
export const BINARY: Readonly<Record<string, Binary>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  // JavaScript has NaN for powers of 1 and -1 with an infinite exponent.
  "**": (a, b) => (Math.abs(a) === 1 && !Number.isFinite(b) ? 1 : a ** b),
  "==": (a, b) => Number(a === b),
  "!=": (a, b) => Number(a !== b),
  ">": (a, b) => Number(a > b),
  ">=": (a, b) => Number(a >= b),
  "<": (a, b) => Number(a < b),
  "<=": (a, b) => Number(a <= b),
  "&&": (a, b) => Number(a !== 0 && b !== 0),
  "||": (a, b) => Number(a !== 0 || b !== 0),
};

/** Functions of one value. Most of them return NaN for null, even `is_nan`. */
export const FUNCTIONS: Readonly<Record<string, Unary>> = {
  abs: ofNumber(Math.abs),
  log: ofNumber(Math.log),
  round: ofNumber(rounded),
  ceil: ofNumber(Math.ceil),
  floor: ofNumber(Math.floor),
  is_nan: ofNumber((value) => Number(Number.isNaN(value))),
  is_inf: ofNumber((value) => Number(Math.abs(value) === Infinity)),
  is_null: (value) => Number(value === undefined),
  is_number: (value) => Number(value !== undefined && Number.isFinite(value)),
};

/** The result of an operator for two values: null if one of them is null. */
export function binaryResult(operator: string, a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return undefined;
  // NaN counts as true on the left side.
  if (operator === "||" && a !== 0) return 1;
  if (operator === "&&" && a === 0) return 0;
  return Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : BINARY[operator]?.(a, b);
}

export function unaryResult(operator: "!" | "-", value: number | undefined): number | undefined {
  if (value === undefined || Number.isNaN(value)) return value;
  return operator === "-" ? -value : Number(value === 0);
}

function ofNumber(calculate: (value: number) => number): Unary {
  return (value) => (value === undefined ? Number.NaN : calculate(value));
}

/** Halves are rounded away from zero. */
function rounded(value: number): number {
  const whole = Math.trunc(value);
  return Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole;
}
