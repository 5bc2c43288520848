import type { Token, TokenType } from "./lexer.ts";
import { fail } from "./template-error.ts";

/** Reads tokens one after the other. */
export class Cursor {
  readonly #tokens: readonly Token[];
  protected position = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  protected peek(): Token {
    return this.#tokens[this.position] ?? { type: "end", text: "", line: 0 };
  }

  protected next(): Token {
    const token = this.peek();
    this.position++;
    return token;
  }

  /** The next token that is not a space. */
  protected peekWord(): Token {
    while (this.peek().type === "space") this.position++;
    return this.peek();
  }

  protected nextWord(): Token {
    this.peekWord();
    return this.next();
  }

  protected expect(type: TokenType, of: string): void {
    const token = this.nextWord();
    if (token.type !== type) this.unexpected(token, of);
  }

  protected unexpected({ text, line }: Token, where: string): never {
    fail(`there is an unexpected "${text}" in ${where} in line ${line}`);
  }

  protected line(): number {
    return this.peek().line;
  }
}
