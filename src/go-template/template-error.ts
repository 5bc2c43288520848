/** A template that Go can't parse or execute, or that this implementation can't. */
export class TemplateError extends Error {
  override name = "TemplateError";
  /** Whether Go might accept it. */
  readonly isUnsupported: boolean;

  constructor(message: string, options: { readonly isUnsupported?: boolean } = {}) {
    super(message);
    this.isUnsupported = options.isUnsupported ?? false;
  }
}

/** Throws for what Go doesn't accept either. */
export function fail(message: string): never {
  throw new TemplateError(message);
}

/** Throws for what Go may accept, because a wrong result would be trusted. */
export function unsupported(what: string): never {
  throw new TemplateError(`${what} is not supported offline`, { isUnsupported: true });
}
