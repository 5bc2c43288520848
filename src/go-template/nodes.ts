/** A parsed template: text and actions in their order. */
export type Node =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "action"; readonly pipe: Pipe }
  | Branch
  | Invocation
  | { readonly type: "break" }
  | { readonly type: "continue" };

/** `if`, `with` or `range`. */
export interface Branch {
  readonly type: "if" | "with" | "range";
  readonly pipe: Pipe;
  readonly list: readonly Node[];
  readonly otherwise?: readonly Node[];
}

/** `{{ template "name" pipeline }}`, also for `block`. */
export interface Invocation {
  readonly type: "template";
  readonly name: string;
  readonly pipe?: Pipe;
  readonly line: number;
}

export interface Pipe {
  /** The variables that it declares or assigns to, with their `$`. */
  readonly variables: readonly string[];
  readonly isAssignment: boolean;
  readonly commands: readonly (readonly Operand[])[];
  readonly line: number;
}

export type Operand =
  | { readonly type: "field"; readonly names: readonly string[] }
  | { readonly type: "variable"; readonly name: string; readonly names: readonly string[] }
  | { readonly type: "chain"; readonly of: Operand; readonly names: readonly string[] }
  | { readonly type: "function"; readonly name: string }
  | { readonly type: "pipe"; readonly pipe: Pipe }
  | Literal
  | { readonly type: "dot" }
  | { readonly type: "nil" };

export type Literal =
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "string"; readonly value: string }
  | NumberLiteral;

/** A number, whose type depends on where it is used. */
export interface NumberLiteral {
  readonly type: "number";
  readonly text: string;
  readonly int?: bigint;
  readonly float: number;
  /** Whether it is a float where its place doesn't decide. */
  readonly isFloat: boolean;
}

/** Whether it has nothing but space: Go then keeps another template with the same name. */
export function isEmpty(nodes: readonly Node[]): boolean {
  return nodes.every((node) => node.type === "text" && node.text.trim() === "");
}
