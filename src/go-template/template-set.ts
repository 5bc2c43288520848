import { BUILTINS } from "./builtins.ts";
import { execute } from "./execute.ts";
import { isEmpty, type Node } from "./nodes.ts";
import { parse } from "./parse.ts";
import { fail, TemplateError } from "./template-error.ts";
import type { GoFunction, GoValue } from "./values.ts";

/** A template that this program implements itself. */
export type Native = (data: GoValue, depth: number) => string;

/** Templates that can use each other, as `text/template` of Go has them. */
export class TemplateSet {
  readonly #templates = new Map<string, readonly Node[] | Native>();
  readonly #functions = new Map<string, GoFunction>(Object.entries(BUILTINS));

  /** Adds functions. A later one replaces one with the same name. */
  use(functions: Readonly<Record<string, GoFunction>>): this {
    for (const [name, one] of Object.entries(functions)) this.#functions.set(name, one);
    return this;
  }

  native(templates: Readonly<Record<string, Native>>): this {
    for (const [name, one] of Object.entries(templates)) this.#templates.set(name, one);
    return this;
  }

  /** Adds the templates that a text defines. They replace others with the same name, unless they are empty. */
  add(text: string, name = ""): this {
    for (const [defined, nodes] of parse(name, text, new Set(this.#functions.keys())))
      if (!isEmpty(nodes) || !this.#templates.has(defined)) this.#templates.set(defined, nodes);
    return this;
  }

  /** Whether there is a template with this name. */
  has(name: string): boolean {
    return this.#templates.has(name);
  }

  /** Executes a template of the set. */
  render(name: string, data: GoValue, depth = 0): string {
    const template = this.#templates.get(name) ?? fail(`there is no template "${name}"`);
    if (typeof template === "function") return template(data, depth);
    try {
      return execute(template, data, this.#scope(), depth);
    } catch (error) {
      // The innermost template is named.
      if (!(error instanceof TemplateError) || name === "" || error.message.includes("in the template")) throw error;
      throw new TemplateError(`${error.message} (in the template "${name}")`, error);
    }
  }

  /** Executes a text that can use the templates of the set, without adding its own. */
  renderText(text: string, data: GoValue, depth = 0): string {
    const copy = new TemplateSet();
    for (const [name, template] of this.#templates) copy.#templates.set(name, template);
    for (const [name, one] of this.#functions) copy.#functions.set(name, one);
    copy.#templates.delete("");
    return copy.add(text).render("", data, depth);
  }

  #scope() {
    return {
      functions: this.#functions,
      render: (name: string, data: GoValue, depth: number) => this.render(name, data, depth),
    };
  }
}
