import { loadConfig } from "../../code/config.ts";
import type { TokensFacet } from "../../engine/account-facets.ts";
import type { LiveObject } from "../../engine/model.ts";
import type { Kinds } from "../../engine/resource.ts";
import { GrafanaError, NotFound } from "../../grafana/errors.ts";
import { outgoing } from "../../secrets/outgoing.ts";
import { similar } from "../../util/similar.ts";
import { EXIT, UsageError, type ExitCode } from "../../util/errors.ts";
import { handOver } from "../hand-over.ts";
import { ioOf, type Io } from "../io.ts";
import type { CommonOptions } from "../options.ts";
import { stoppable } from "../stoppable.ts";
import { NO_CODE, openSession, type Session } from "../session.ts";

export interface TokenOptions extends CommonOptions {
  readonly tokenName?: string;
  /** Seconds. */
  readonly expires?: number;
  /** Seconds. */
  readonly storeTimeout: number;
}

/** Creates a token. It is printed once on a terminal, or else only the store command gets it. */
export async function token(name: string, store: readonly string[], options: TokenOptions): Promise<ExitCode> {
  if (store.length === 0 && !process.stdout.isTTY) {
    throw new UsageError(
      "The standard output is not a terminal, so the token is not printed; nothing was changed",
      "Add a command that stores the token, which gets it on its standard input: `token NAME -- gh secret set GRAFANA_TOKEN`.",
      "token-store-missing",
    );
  }
  const io = ioOf(options);
  const loadedConfig = await loadConfig(options.config, process.cwd());
  const session = await openSession(loadedConfig, options, io.progress.emit, NO_CODE);
  try {
    return await stoppable((signal) => createToken(name, store, { session, io, options, signal }));
  } finally {
    io.progress.stop();
    await session.close();
  }
}

interface Creation {
  readonly session: Session;
  readonly io: Io;
  readonly options: TokenOptions;
  readonly signal: AbortSignal;
}

async function createToken(
  name: string,
  [program, ...args]: readonly string[],
  { session, io, options, signal }: Creation,
): Promise<ExitCode> {
  const { context } = session;
  const { accounts, tokens } = accountsIn(session.kinds);
  const account = accountNamed(name, await accounts(context));
  const title = options.tokenName ?? `${new Date().toISOString().slice(0, 19)}Z`;
  const seconds = options.expires === undefined ? {} : { seconds: options.expires };
  signal.throwIfAborted();
  const { id, key } = await tokens.create(context, account, { name: title, ...seconds });
  try {
    // Nothing else may show it, such as an error.
    outgoing.add(key, { credential: true });
    signal.throwIfAborted();
    io.progress.stop();
    if (program === undefined) printOnce(key, name, io);
    else await handOver([program, ...args], key, { signal, seconds: options.storeTimeout });
  } catch (error) {
    // No output and no command has received it.
    await tokens.remove(context, account, id).catch((problem: unknown) => {
      if (!(problem instanceof GrafanaError)) throw problem;
      io.errors.stream.write(`The token "${title}" of ${name} can't be deleted: ${problem.message}\n`);
    });
    // Ctrl-C also ends the command, which may be noticed first.
    throw signal.aborted ? signal.reason : error;
  }
  if (program !== undefined) io.result.stream.write(`Passed the token "${title}" of ${name} to ${program}.\n`);
  return EXIT.done;
}

/** Bytes are not redacted, unlike text. */
function printOnce(key: string, name: string, { errors }: Io): void {
  errors.stream.write(`A token of ${name}, which is not shown again:\n`);
  process.stdout.write(Buffer.from(`${key}\n`));
}

interface Accounts {
  readonly accounts: (context: Parameters<TokensFacet["create"]>[0]) => Promise<readonly LiveObject[]>;
  readonly tokens: TokensFacet;
}

function accountsIn(kinds: Kinds): Accounts {
  for (const kind of kinds.values())
    if (kind.tokens) return { accounts: (context) => kind.list(context), tokens: kind.tokens };
  throw new Error("no kind has tokens");
}

function accountNamed(name: string, all: readonly LiveObject[]): LiveObject {
  const found = all.find(({ id }) => id === name);
  if (found) return found;
  const meant = similar(
    name,
    all.map(({ id }) => id),
  );
  throw new NotFound(`Grafana has no service account "${name}"`, {
    exitCode: EXIT.failure,
    hint: meant === undefined ? "Define it in the code and apply it first." : `Did you mean "${meant}"?`,
  });
}
