import { Cursor } from "./cursor.ts";
import { tokensOf, type TokenType } from "./lexer.ts";
import { characterOf, numberOf, textOfLiteral } from "./literals.ts";
import { isEmpty, type Branch, type Invocation, type Node, type Operand, type Pipe } from "./nodes.ts";
import { fail } from "./template-error.ts";

/** The templates that a text defines, by name: its own content has the name that was passed. */
export type Trees = Map<string, readonly Node[]>;

/** Parses a template like Go. `functions`: the names of the functions that it may call. */
export function parse(name: string, text: string, functions: ReadonlySet<string>): Trees {
  return new Parser(text, functions).all(name);
}

/** What ends a list of nodes. */
type End = "end" | "else";

const OPERANDS = new Set<TokenType>([
  "bool",
  "char",
  "dot",
  "field",
  "identifier",
  "number",
  "nil",
  "string",
  "variable",
  "(",
]);

class Parser extends Cursor {
  readonly #functions: ReadonlySet<string>;
  readonly #trees: Trees = new Map();
  #variables: string[] = ["$"];
  #loops = 0;

  constructor(text: string, functions: ReadonlySet<string>) {
    super(tokensOf(text));
    this.#functions = functions;
  }

  all(name: string): Trees {
    const nodes: Node[] = [];
    while (this.peek().type !== "end") {
      if (this.#isDefinition()) {
        this.#define();
        continue;
      }
      const node = this.#node();
      if (typeof node === "string") fail(`there is an unexpected ${node} in line ${this.line()}`);
      nodes.push(node);
    }
    this.#add(name, nodes);
    return this.#trees;
  }

  #add(name: string, nodes: readonly Node[]): void {
    const former = this.#trees.get(name);
    if (former === undefined || isEmpty(former)) this.#trees.set(name, nodes);
    else if (!isEmpty(nodes)) fail(`the template "${name}" is defined twice`);
  }

  #isDefinition(): boolean {
    if (this.peek().type !== "left") return false;
    const start = this.position;
    this.next();
    const after = this.peekWord();
    this.position = start;
    return after.type === "keyword" && after.text === "define";
  }

  #define(): void {
    this.next();
    this.nextWord();
    const name = this.#name("define");
    this.expect("right", "define");
    this.#add(
      name,
      this.#separately(() => this.#body("define")),
    );
  }

  /** A definition doesn't see the variables around it. */
  #separately<T>(read: () => T): T {
    const [variables, loops] = [this.#variables, this.#loops];
    [this.#variables, this.#loops] = [["$"], 0];
    const result = read();
    [this.#variables, this.#loops] = [variables, loops];
    return result;
  }

  #body(of: string): Node[] {
    const [nodes, end] = this.#list();
    if (end !== "end") fail(`there is an unexpected else in the ${of} that ends in line ${this.line()}`);
    return nodes;
  }

  #list(): [Node[], End] {
    const nodes: Node[] = [];
    while (this.peek().type !== "end") {
      const node = this.#node();
      if (typeof node === "string") return [nodes, node];
      nodes.push(node);
    }
    return fail("an end is missing");
  }

  #node(): Node | End {
    const token = this.next();
    if (token.type === "text") return { type: "text", text: token.text };
    const word = this.peekWord();
    if (word.type !== "keyword") return { type: "action", pipe: this.#pipe("an action", "right") };
    this.nextWord();
    switch (word.text) {
      case "if":
      case "with":
      case "range":
        return this.#branch(word.text);
      case "end":
        this.expect("right", "end");
        return "end";
      case "else":
        if (!["if", "with"].includes(this.peekWord().text)) this.expect("right", "else");
        return "else";
      case "template":
        return this.#invocation(word.line);
      case "block":
        return this.#block(word.line);
      case "break":
      case "continue":
        this.expect("right", word.text);
        if (this.#loops === 0) fail(`there is a ${word.text} outside range in line ${word.line}`);
        return { type: word.text };
      default:
        return fail(`there is an unexpected ${word.text} in line ${word.line}`);
    }
  }

  #branch(type: Branch["type"]): Branch {
    const known = this.#variables.length;
    const pipe = this.#pipe(type, "right");
    if (type === "range") this.#loops++;
    const [list, end] = this.#list();
    if (type === "range") this.#loops--;
    const otherwise = end === "else" ? this.#otherwise(type) : undefined;
    this.#variables.length = known;
    return { type, pipe, list, ...(otherwise === undefined ? {} : { otherwise }) };
  }

  /** `else if` and `else with` are a branch inside `else`, with a common end. */
  #otherwise(type: Branch["type"]): Node[] {
    const word = this.peekWord();
    if (word.type === "keyword" && (word.text === "if" || word.text === "with")) {
      if (word.text !== type) fail(`there is an unexpected else ${word.text} in line ${word.line}`);
      this.nextWord();
      return [this.#branch(type)];
    }
    return this.#body(type);
  }

  #invocation(line: number): Invocation {
    const name = this.#name("template");
    if (this.peekWord().type !== "right")
      return { type: "template", name, pipe: this.#pipe("template", "right"), line };
    this.nextWord();
    return { type: "template", name, line };
  }

  #block(line: number): Invocation {
    const name = this.#name("block");
    const pipe = this.#pipe("block", "right");
    this.#add(
      name,
      this.#separately(() => this.#body("block")),
    );
    return { type: "template", name, pipe, line };
  }

  #name(of: string): string {
    const token = this.nextWord();
    if (token.type !== "string") fail(`${of} in line ${token.line} requires a name in quotes`);
    return textOfLiteral(token.text);
  }

  #pipe(of: string, end: "right" | ")"): Pipe {
    const { line } = this.peekWord();
    const { variables, isAssignment } = this.#declarations(of);
    const commands: Operand[][] = [];
    for (;;) {
      const token = this.peekWord();
      if (token.type === end) break;
      if (!OPERANDS.has(token.type)) this.unexpected(token, of);
      commands.push(this.#command(commands.length > 0));
    }
    this.nextWord();
    if (commands.length === 0) fail(`a value is missing for ${of} in line ${line}`);
    return { variables, isAssignment, commands, line };
  }

  #declarations(of: string): Pick<Pipe, "variables" | "isAssignment"> {
    const variables: string[] = [];
    for (;;) {
      const variable = this.peekWord();
      if (variable.type !== "variable") return { variables, isAssignment: false };
      const start = this.position;
      this.nextWord();
      const { type, line } = this.peekWord();
      if (type !== "assign" && type !== "declare" && type !== "comma") {
        this.position = start;
        return { variables, isAssignment: false };
      }
      this.nextWord();
      variables.push(variable.text);
      this.#variables.push(variable.text);
      if (type !== "comma") return { variables, isAssignment: type === "assign" };
      if (of !== "range" || variables.length > 1) fail(`line ${line} declares too many variables`);
      if (!["variable", "right", ")"].includes(this.peekWord().type))
        fail(`range in line ${line} can only declare variables`);
    }
  }

  #command(isLater: boolean): Operand[] {
    const operands: Operand[] = [];
    for (;;) {
      const token = this.peekWord();
      if (OPERANDS.has(token.type)) operands.push(this.#operand());
      const after = this.peek();
      if (after.type === "space") {
        this.next();
        continue;
      }
      if (after.type === "pipe") this.next();
      else if (after.type !== "right" && after.type !== ")") this.unexpected(after, "an operand");
      break;
    }
    const [first] = operands;
    if (first === undefined) return fail(`a command is missing in line ${this.line()}`);
    if (isLater && ["bool", "dot", "nil", "number", "string"].includes(first.type))
      fail(`a value in line ${this.line()} can't get the result of a pipe`);
    return operands;
  }

  #operand(): Operand {
    const term = this.#term();
    const names: string[] = [];
    while (this.peek().type === "field") names.push(this.next().text.slice(1));
    if (names.length === 0) return term;
    if (term.type === "field") return { type: "field", names: [...term.names, ...names] };
    if (term.type === "variable") return { ...term, names: [...term.names, ...names] };
    if (term.type !== "function" && term.type !== "pipe")
      fail(`there is an unexpected . after a value in line ${this.line()}`);
    return { type: "chain", of: term, names };
  }

  #term(): Operand {
    const token = this.nextWord();
    switch (token.type) {
      case "identifier":
        if (!this.#functions.has(token.text)) fail(`the function ${token.text} in line ${token.line} is not defined`);
        return { type: "function", name: token.text };
      case "dot":
        return { type: "dot" };
      case "nil":
        return { type: "nil" };
      case "variable":
        if (!this.#variables.includes(token.text))
          fail(`the variable ${token.text} in line ${token.line} is not defined`);
        return { type: "variable", name: token.text, names: [] };
      case "field":
        return { type: "field", names: [token.text.slice(1)] };
      case "bool":
        return { type: "bool", value: token.text === "true" };
      case "number":
        return numberOf(token.text);
      case "char":
        return characterOf(token.text);
      case "string":
        return { type: "string", value: textOfLiteral(token.text) };
      case "(":
        return { type: "pipe", pipe: this.#pipe("parentheses", ")") };
      default:
        return this.unexpected(token, "an action");
    }
  }
}
