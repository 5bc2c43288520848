import { lineAt, splitTemplate, TemplateSyntaxError, type TemplatePart, type TemplateToken } from "./template-lexer.ts";

const functions = new Set(
  (
    "and call html index slice js len not or print printf println urlquery eq ge gt le lt ne " +
    "toUpper toLower title trimSpace join match safeHtml reReplaceAll stringSlice date tz " +
    "tenantID grafanaExploreURL queryFromGeneratorURL coll data time tmpl"
  ).split(" "),
);
const constants = ["true", "false", "nil"];
const keywords = ["block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"];

/**
 * The first syntax error of a template, as Go reports it; undefined if it is valid. Does not check what Go detects only at
 * run time: unknown fields and templates, number and types of arguments.
 */
export function templateFault(source: string): string | undefined {
  try {
    new Parser(source).run();
    return undefined;
  } catch (error) {
    if (error instanceof TemplateSyntaxError) return error.message;
    throw error;
  }
}

/** The end of a list: `end`, or `else` with the rest of its action. */
interface Ending {
  readonly keyword: "end" | "else";
  readonly action: Action;
}

class Parser {
  readonly #parts: readonly TemplatePart[];
  readonly #lastLine: number;
  readonly #defined = new Set<string>();
  #position = 0;
  #variables: string[] = [];
  #ranges = 0;

  constructor(source: string) {
    this.#parts = splitTemplate(source);
    this.#lastLine = lineAt(source, source.length);
  }

  run(): void {
    while (this.#position < this.#parts.length) {
      const action = this.#next();
      if (action === undefined) continue;
      if (action.peek("define")) {
        this.#definition(action);
        continue;
      }
      const ending = this.#action(action);
      if (ending !== undefined) throw new TemplateSyntaxError(action.line, `unexpected {{${ending.keyword}}}`);
    }
  }

  /** The next part: an action, or undefined for text. */
  #next(): Action | undefined {
    const part = this.#parts[this.#position];
    this.#position += 1;
    return part?.kind === "action" ? new Action(part.tokens, part.line) : undefined;
  }

  #definition(action: Action): void {
    action.skip();
    const name = action.name("define clause");
    action.finish("define clause");
    const filled = this.#subtemplate();
    if (filled && this.#defined.has(name)) {
      throw new TemplateSyntaxError(action.line, `multiple definition of template ${name}`);
    }
    if (filled) this.#defined.add(name);
  }

  /** Parses a template with its own variables and loops up to its end. Returns whether it has content. */
  #subtemplate(): boolean {
    const [variables, ranges, start] = [this.#variables, this.#ranges, this.#position];
    this.#variables = [];
    this.#ranges = 0;
    const ending = this.#list();
    if (ending.keyword === "else") throw new TemplateSyntaxError(ending.action.line, "unexpected {{else}}");
    this.#variables = variables;
    this.#ranges = ranges;
    const parts = this.#parts.slice(start, this.#position - 1);
    return parts.some((part) => part.kind === "action" || !part.blank);
  }

  #list(): Ending {
    while (this.#position < this.#parts.length) {
      const action = this.#next();
      const ending = action === undefined ? undefined : this.#action(action);
      if (ending !== undefined) return ending;
    }
    throw new TemplateSyntaxError(this.#lastLine, "unexpected EOF");
  }

  #action(action: Action): Ending | undefined {
    const keyword = keywords.find((one) => action.peek(one));
    if (keyword === undefined) {
      this.#pipeline(action, "command", false);
      action.finish("command");
      return undefined;
    }
    if (keyword === "define") throw new TemplateSyntaxError(action.line, "unexpected <define> in command");
    action.skip();
    if (keyword === "end") action.finish("end");
    if (keyword === "end" || keyword === "else") return { keyword, action };
    if (keyword === "break" || keyword === "continue") this.#jump(action, keyword);
    else if (keyword === "template") this.#call(action);
    else if (keyword === "block") this.#block(action);
    else this.#control(action, keyword);
    return undefined;
  }

  #jump(action: Action, keyword: string): void {
    action.finish(`{{${keyword}}}`);
    if (this.#ranges === 0) throw new TemplateSyntaxError(action.line, `{{${keyword}}} outside {{range}}`);
  }

  #call(action: Action): void {
    action.name("template clause");
    if (!action.done) this.#pipeline(action, "template clause", false);
    action.finish("template clause");
  }

  #block(action: Action): void {
    action.name("block clause");
    this.#pipeline(action, "block clause", false);
    action.finish("block clause");
    this.#subtemplate();
  }

  /** Parses `if`, `with` and `range` with their `else` branches. */
  #control(action: Action, keyword: string): void {
    const known = this.#variables.length;
    this.#pipeline(action, keyword, keyword === "range");
    action.finish(keyword);
    if (keyword === "range") this.#ranges += 1;
    const ending = this.#list();
    if (keyword === "range") this.#ranges -= 1;
    if (ending.keyword === "else") this.#otherwise(ending.action, keyword);
    this.#variables.length = known;
  }

  #otherwise(action: Action, keyword: string): void {
    if (keyword !== "range" && action.peek(keyword)) {
      action.skip();
      this.#control(action, keyword);
      return;
    }
    action.finish("else");
    const ending = this.#list();
    if (ending.keyword === "else") {
      throw new TemplateSyntaxError(ending.action.line, "expected end; found {{else}}");
    }
  }

  #pipeline(action: Action, context: string, inRange: boolean): void {
    this.#declarations(action, inRange);
    for (let stage = 1; ; stage += 1) {
      const executable = this.#command(action, context);
      if (stage > 1 && !executable) {
        throw new TemplateSyntaxError(action.line, `non executable command in pipeline stage ${stage}`);
      }
      // Go accepts a trailing pipe.
      if (!action.takes("|") || action.done || action.peek(")")) return;
    }
  }

  #declarations(action: Action, inRange: boolean): void {
    const names: string[] = [];
    const [first, second, third, fourth] = action.rest;
    if (first?.kind !== "variable") return;
    const pair = inRange && second?.text === "," && third?.kind === "variable";
    const assignment = pair ? fourth : second;
    if (assignment?.text !== ":=" && assignment?.text !== "=") return;
    names.push(first.text, ...(pair ? [third.text] : []));
    action.skip(pair ? 4 : 2);
    this.#variables.push(...names);
  }

  /** Parses a command. Returns whether it can receive the value of the previous command. */
  #command(action: Action, context: string): boolean {
    let executable = false;
    for (let count = 0; ; count += 1) {
      const token = action.rest[0];
      if (token === undefined || ["|", ")"].includes(token.text)) {
        if (count > 0) return executable;
        throw new TemplateSyntaxError(action.line, `missing value for ${context}`);
      }
      if (count > 0 && !token.apart) throw unexpected(token, "operand");
      const single = this.#operand(action, context);
      if (count === 0) executable = single;
    }
  }

  /** Parses an operand with its fields. Returns whether it can be executed. */
  #operand(action: Action, context: string): boolean {
    const token = action.take();
    let executable = true;
    if (token.kind === "identifier") {
      if (keywords.includes(token.text)) throw unexpected(token, context);
      executable = !constants.includes(token.text);
      if (executable && !functions.has(token.text)) {
        throw new TemplateSyntaxError(token.line, `function "${token.text}" not defined`);
      }
    } else if (token.kind === "variable") {
      if (token.text !== "$" && !this.#variables.includes(token.text)) {
        throw new TemplateSyntaxError(token.line, `undefined variable "${token.text}"`);
      }
    } else if (token.text === "(") {
      this.#pipeline(action, "parenthesized pipeline", false);
      if (!action.takes(")")) throw new TemplateSyntaxError(token.line, "unclosed left paren");
    } else if (token.kind === "sign") {
      throw unexpected(token, context);
    } else {
      executable = token.kind === "field";
    }
    while (action.rest[0]?.kind === "field" && !action.rest[0].apart) {
      const field = action.take();
      if (!executable) throw unexpected(field, "operand");
    }
    return executable;
  }
}

/** A reader of an action's tokens. */
class Action {
  readonly line: number;
  #tokens: readonly TemplateToken[];

  constructor(tokens: readonly TemplateToken[], line: number) {
    this.#tokens = tokens;
    this.line = line;
  }

  get rest(): readonly TemplateToken[] {
    return this.#tokens;
  }

  get done(): boolean {
    return this.#tokens.length === 0;
  }

  peek(text: string): boolean {
    return this.#tokens[0]?.text === text;
  }

  skip(count = 1): void {
    this.#tokens = this.#tokens.slice(count);
  }

  take(): TemplateToken {
    const [token] = this.#tokens;
    if (token === undefined) throw new TemplateSyntaxError(this.line, "unexpected end of action");
    this.skip();
    return token;
  }

  takes(text: string): boolean {
    const found = this.peek(text);
    if (found) this.skip();
    return found;
  }

  /** The name of a template. */
  name(context: string): string {
    const [token] = this.#tokens;
    if (token?.kind !== "string") {
      throw new TemplateSyntaxError(this.line, `unexpected "${token?.text ?? "}}"}" in ${context}`);
    }
    this.skip();
    return token.text;
  }

  finish(context: string): void {
    const [token] = this.#tokens;
    if (token !== undefined) throw unexpected(token, context);
  }
}

function unexpected(token: TemplateToken, context: string): TemplateSyntaxError {
  return new TemplateSyntaxError(token.line, `unexpected "${token.text}" in ${context}`);
}
