import type { ErrorCode } from "./error-codes.ts";

/** Thrown by functions of the public API that user code calls with a wrong argument. The tool reports it as a fault of the code. */
export class CodeMistake extends TypeError {
  override name = "CodeMistake";
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}
