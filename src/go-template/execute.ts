import { methodOf } from "./methods.ts";
import type { Branch, Invocation, Literal, Node, Operand, Pipe } from "./nodes.ts";
import { textOf } from "./print.ts";
import { fail, unsupported } from "./template-error.ts";
import { assigned, indirect, isTrue, literalFor, typeOf } from "./types.ts";
import { GoInt, GoList, GoMap, GoStruct, type GoFunction, type GoValue } from "./values.ts";

/** What a template can use. */
export interface Scope {
  readonly functions: ReadonlyMap<string, GoFunction>;
  /** Executes another template, and returns its output. */
  render(name: string, data: GoValue, depth: number): string;
}

/** Go allows more, but a template that nests so deeply calls itself without an end. */
const MAX_DEPTH = 500;
/** The limit of Grafana for the output of a template. */
const MAX_OUTPUT = 10 * 1024 * 1024;
/** Marks that a command gets no value of a pipe. */
const NONE = Symbol("no value");

type Piped = GoValue | typeof NONE;

/** Executes a template like Go with the option `missingkey=zero`. */
export function execute(nodes: readonly Node[], data: GoValue, scope: Scope, depth = 0): string {
  if (depth > MAX_DEPTH) fail("a template calls itself without an end");
  const execution = new Execution(data, scope, depth);
  execution.walk(nodes, data);
  return execution.output;
}

class Execution {
  output = "";
  readonly #scope: Scope;
  readonly #depth: number;
  readonly #variables: { name: string; value: GoValue }[];

  constructor(data: GoValue, scope: Scope, depth: number) {
    this.#scope = scope;
    this.#depth = depth;
    this.#variables = [{ name: "$", value: data }];
  }

  /** Returns what ended it early. */
  walk(nodes: readonly Node[], dot: GoValue): "break" | "continue" | undefined {
    for (const node of nodes) {
      const end = this.#node(node, dot);
      if (end !== undefined) return end;
    }
    return undefined;
  }

  #node(node: Node, dot: GoValue): "break" | "continue" | undefined {
    switch (node.type) {
      case "text":
        this.#write(node.text);
        return undefined;
      case "action": {
        const value = this.#pipe(node.pipe, dot);
        if (node.pipe.variables.length === 0) this.#write(textOf(value));
        return undefined;
      }
      case "template":
        this.#invoke(node, dot);
        return undefined;
      case "break":
      case "continue":
        return node.type;
      case "range":
        return this.#scoped(() => this.#range(node, dot));
      case "if":
      case "with":
        return this.#scoped(() => {
          const value = this.#pipe(node.pipe, dot);
          if (isTrue(value)) return this.walk(node.list, node.type === "with" ? value : dot);
          return this.walk(node.otherwise ?? [], dot);
        });
      default:
        return node satisfies never;
    }
  }

  #write(text: string): void {
    this.output += text;
    if (this.output.length > MAX_OUTPUT) fail("the output exceeds 10 MiB");
  }

  /** Variables that are declared inside are unknown after it. */
  #scoped<T>(run: () => T): T {
    const known = this.#variables.length;
    const result = run();
    this.#variables.length = known;
    return result;
  }

  #invoke({ name, pipe }: Invocation, dot: GoValue): void {
    this.#write(this.#scope.render(name, pipe === undefined ? undefined : this.#pipe(pipe, dot), this.#depth + 1));
  }

  #range(node: Branch, dot: GoValue): "break" | "continue" | undefined {
    const value = indirect(this.#pipe(node.pipe, dot));
    const { variables } = node.pipe;
    const known = this.#variables.length;
    const elements = elementsOf(value);
    if (value instanceof GoInt && variables.length > 1) fail("a number has no second variable in range");
    for (const [index, element] of elements) {
      const values = variables.length > 1 ? [index, element] : [element];
      for (const [place, name] of variables.entries()) {
        const variable = node.pipe.isAssignment
          ? this.#variable(name)
          : this.#variables[known - variables.length + place];
        if (variable) variable.value = values[place];
      }
      const end = this.walk(node.list, element);
      this.#variables.length = known;
      if (end === "break") return undefined;
    }
    return elements.length === 0 ? this.walk(node.otherwise ?? [], dot) : undefined;
  }

  #variable(name: string): { value: GoValue } {
    return this.#variables.findLast((one) => one.name === name) ?? fail(`the variable ${name} is not defined`);
  }

  #pipe(pipe: Pipe, dot: GoValue): GoValue {
    let value: Piped = NONE;
    for (const command of pipe.commands) value = this.#command(command, dot, value);
    const result = value === NONE ? undefined : value;
    for (const name of pipe.variables) {
      if (pipe.isAssignment) this.#variable(name).value = result;
      else this.#variables.push({ name, value: result });
    }
    return result;
  }

  #command(operands: readonly Operand[], dot: GoValue, piped: Piped): GoValue {
    const [first, ...args] = operands;
    if (first === undefined) return undefined;
    switch (first.type) {
      case "field":
        return this.#fields(dot, first.names, { dot, args, piped });
      case "variable":
        if (first.names.length > 0)
          return this.#fields(this.#variable(first.name).value, first.names, { dot, args, piped });
        break;
      case "chain":
        return this.#fields(this.#argument(first.of, "any", dot), first.names, { dot, args, piped });
      case "function":
        return this.#function(first.name, { dot, args, piped });
      default:
        break;
    }
    if (args.length > 0 || piped !== NONE) fail("a value that is not a function can't have arguments");
    if (first.type === "nil") fail("nil is not a command");
    return this.#argument(first, "any", dot);
  }

  /** The value of an operand as an argument of a type. */
  #argument(operand: Operand, type: string, dot: GoValue): GoValue {
    switch (operand.type) {
      case "bool":
      case "number":
      case "string":
        return literalFor(operand satisfies Literal, type);
      case "nil":
        return assigned(undefined, type);
      case "dot":
        return assigned(dot, type);
      case "pipe":
        return assigned(this.#pipe(operand.pipe, dot), type);
      case "variable":
        if (operand.names.length === 0) return assigned(this.#variable(operand.name).value, type);
        return assigned(this.#command([operand], dot, NONE), type);
      default:
        return assigned(this.#command([operand], dot, NONE), type);
    }
  }

  #function(name: string, call: Call): GoValue {
    if (name === "and" || name === "or") return this.#shortCircuit(name, call);
    const known = this.#scope.functions.get(name) ?? fail(`the function ${name} is not defined`);
    return this.#call(name, known, call);
  }

  #shortCircuit(name: "and" | "or", { dot, args, piped }: Call): GoValue {
    if (args.length === 0 && piped === NONE) fail(`${name} requires an argument`);
    let value: GoValue;
    for (const arg of args) {
      value = this.#argument(arg, "any", dot);
      if (isTrue(value) === (name === "or")) return value;
    }
    return piped === NONE ? value : piped;
  }

  #call(name: string, { parameters, rest, call }: GoFunction, { dot, args, piped }: Call): GoValue {
    const count = args.length + (piped === NONE ? 0 : 1);
    if (count < parameters.length || (rest === undefined && count > parameters.length))
      fail(`${name} requires ${rest === undefined ? "" : "at least "}${parameters.length} arguments, but has ${count}`);
    const typeAt = (index: number) => parameters[index] ?? rest ?? "any";
    const values = args.map((arg, index) => this.#argument(arg, typeAt(index), dot));
    if (piped !== NONE) values.push(assigned(piped, typeAt(args.length)));
    return call(...values);
  }

  #fields(receiver: GoValue, names: readonly string[], call: Call): GoValue {
    let [value, isMissing] = [receiver, false];
    for (const [index, name] of names.entries()) {
      // Go knows that a map has no such key only in the same chain of names.
      if (isMissing) fail(`the value before .${name} is missing`);
      const own: Call = index === names.length - 1 ? call : { dot: call.dot, args: [], piped: NONE };
      const next = this.#field(value, name, own);
      isMissing = next === undefined && value instanceof GoMap;
      value = next;
    }
    return value;
  }

  #field(receiver: GoValue, name: string, call: Call): GoValue {
    // Go returns a missing value for a field of a missing value.
    if (receiver === undefined) return undefined;
    const method = methodOf(receiver, name);
    if (method) return this.#call(name, method, call);
    const value = fieldOf(receiver, name);
    if (call.args.length > 0 || call.piped !== NONE) fail(`${name} is not a method, but has arguments`);
    return value;
  }
}

interface Call {
  readonly dot: GoValue;
  readonly args: readonly Operand[];
  readonly piped: Piped;
}

function fieldOf(receiver: GoValue, name: string): GoValue {
  if (receiver instanceof GoMap) return receiver.entries.has(name) ? receiver.entries.get(name) : receiver.zero;
  if (receiver instanceof GoStruct && Object.hasOwn(receiver.fields, name)) return receiver.fields[name]?.value;
  const type = typeOf(receiver);
  // They have more methods in Go than here.
  if (type.startsWith("time.") && /^[A-Z]/.test(name)) unsupported(`${name} of ${type}`);
  return fail(`${type} has no ${name}`);
}

function elementsOf(value: GoValue): (readonly [GoValue, GoValue])[] {
  if (value === undefined) return [];
  if (value instanceof GoList) return value.items.map((item, index) => [new GoInt(index), item] as const);
  if (value instanceof GoMap) return value.sorted();
  if (value instanceof GoInt) {
    if (value.value > 1_000_000n) unsupported("a range over more than a million numbers");
    return Array.from({ length: Math.max(0, Number(value.value)) }, (_, index) => [
      undefined,
      new GoInt(index, value.type),
    ]);
  }
  return fail(`range can't iterate over ${typeOf(value)}`);
}
