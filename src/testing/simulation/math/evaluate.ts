import type { Labels } from "../../matching.ts";
import { labelKey, type Point, type Value } from "../results.ts";
import { binaryResult, FUNCTIONS, unaryResult } from "./operations.ts";
import type { MathNode } from "./parse.ts";

/** Undefined is a null of Grafana. */
type Nullable = number | undefined;

/** The results of a math expression, from the results of the queries and expressions that it uses. */
export function evaluateMath(node: MathNode, inputs: ReadonlyMap<string, readonly Value[]>): readonly Value[] {
  switch (node.type) {
    case "number":
      return [{ type: "number", labels: {}, value: node.value, isScalar: true }];
    case "input":
      return inputs.get(node.name) ?? [];
    case "unary":
      return evaluateMath(node.operand, inputs).map((value) =>
        mapped(value, (number) => unaryResult(node.operator, number)),
      );
    case "call":
      return evaluateMath(node.argument, inputs).map((value) =>
        mapped(value, (number) => FUNCTIONS[node.name]?.(number)),
      );
    default: {
      const [left, right] = [evaluateMath(node.left, inputs), evaluateMath(node.right, inputs)];
      return pairs(left, right).map(({ labels, a, b }) =>
        combined(labels, a, b, (x, y) => binaryResult(node.operator, x, y)),
      );
    }
  }
}

function mapped(value: Value, calculate: (number: Nullable) => Nullable): Value {
  if (value.type === "none") return value;
  if (value.type === "number") return { ...value, value: calculate(value.value) };
  return { ...value, points: value.points.map((point) => ({ at: point.at, value: calculate(point.value) })) };
}

interface Pair {
  readonly labels: Labels;
  readonly a: Value;
  readonly b: Value;
}

/** The values of both sides whose labels are equal, or of which one side has all labels of the other. */
function pairs(left: readonly Value[], right: readonly Value[]): Pair[] {
  const [[a], [b]] = [left, right];
  if (!a || !b) return [];
  const isSingle = left.length === 1 || right.length === 1;
  if (isSingle && (a.type === "none" || b.type === "none")) return [{ labels: {}, a, b }];
  const found = left.flatMap((a) =>
    right.flatMap((b): Pair[] => {
      const labels = commonLabels(labelsOf(a), labelsOf(b));
      return labels ? [{ labels, a, b }] : [];
    }),
  );
  // One value on each side is enough for Grafana, whatever their labels are.
  return found.length === 0 && left.length === 1 && right.length === 1 ? [{ labels: {}, a, b }] : found;
}

/** The labels of the result; undefined if the values don't belong together. */
function commonLabels(a: Labels, b: Labels): Labels | undefined {
  if (labelKey(a) === labelKey(b)) return a;
  const contains = (all: Labels, some: Labels) => Object.entries(some).every(([name, value]) => all[name] === value);
  if (contains(a, b)) return a;
  return contains(b, a) ? b : undefined;
}

function labelsOf(value: Value): Labels {
  return value.type === "none" ? {} : value.labels;
}

function combined(labels: Labels, a: Value, b: Value, calculate: (x: Nullable, y: Nullable) => Nullable): Value {
  if (a.type === "none") return a;
  if (b.type === "none") return b;
  if (a.type === "number" && b.type === "number") {
    const value = { type: "number", labels, value: calculate(a.value, b.value) } as const;
    return a.isScalar && b.isScalar ? { ...value, isScalar: true } : value;
  }
  return { type: "series", labels, points: combinedPoints(a, b, calculate) };
}

/** Points of two series are combined if their times are equal. */
function combinedPoints(
  a: Exclude<Value, { type: "none" }>,
  b: Exclude<Value, { type: "none" }>,
  calculate: (x: Nullable, y: Nullable) => Nullable,
): Point[] {
  if (a.type === "number")
    return b.type === "number" ? [] : b.points.map(({ at, value }) => ({ at, value: calculate(a.value, value) }));
  if (b.type === "number") return a.points.map(({ at, value }) => ({ at, value: calculate(value, b.value) }));
  const others = new Map(b.points.map((point) => [point.at, point]));
  return a.points.flatMap(({ at, value }) => {
    const other = others.get(at);
    return other ? [{ at, value: calculate(value, other.value) }] : [];
  });
}
