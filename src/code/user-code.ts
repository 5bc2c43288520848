/** Thrown in user code that calls a function which would end the process. */
export class EndsProcess extends Error {
  override name = "EndsProcess";

  constructor(call: string) {
    super(`calls ${call}, which would end the command`);
  }
}

const loading = new Set<string>();
const attempts: EndsProcess[] = [];

/** Files whose import has started and not finished. */
export function filesLoading(): string[] {
  return [...loading];
}

/** The first call that would have ended the process. */
export function attemptToEnd(): EndsProcess | undefined {
  return attempts[0];
}

/** Keeps user code from ending the process, even if it catches the error. */
export function refuseToEnd(call: string): never {
  const attempt = new EndsProcess(call);
  attempts.push(attempt);
  throw attempt;
}

/** Loads a user file. Also throws if user code tried to end the process and caught the error. */
export async function whileLoading<Result>(file: string, load: () => Promise<Result>): Promise<Result> {
  loading.add(file);
  try {
    const result = await load();
    const attempt = attemptToEnd();
    if (attempt) throw attempt;
    return result;
  } finally {
    loading.delete(file);
  }
}
