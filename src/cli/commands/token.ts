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
import { NO_CODE, openSession } from "../session.ts";

export interface TokenOptions extends CommonOptions {
  readonly tokenName?: string;
  /** Seconds. */
  readonly expires?: number;
}

/** Creates a token. It is printed once on a terminal, or else only the store command gets it. */
export async function token(name: string, store: readonly string[], options: TokenOptions): Promise<ExitCode> {
  const [program, ...args] = store;
  if (program === undefined && !process.stdout.isTTY) {
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
    const { context } = session;
    const { accounts, tokens } = accountsIn(session.kinds);
    const account = accountNamed(name, await accounts(context));
    const title = options.tokenName ?? `${new Date().toISOString().slice(0, 19)}Z`;
    const seconds = options.expires === undefined ? {} : { seconds: options.expires };
    const { id, key } = await tokens.create(context, account, { name: title, ...seconds });
    // Nothing else may show it, such as an error.
    outgoing.add(key, { credential: true });
    io.progress.stop();
    try {
      if (program === undefined) printOnce(key, name, io);
      else await handOver([program, ...args], key, loadedConfig.directory);
    } catch (error) {
      // Nobody has it.
      await tokens.remove(context, account, id).catch((problem: unknown) => {
        if (!(problem instanceof GrafanaError)) throw problem;
        io.errors.stream.write(`The token "${title}" of ${name} can't be deleted: ${problem.message}\n`);
      });
      throw error;
    }
    if (program !== undefined) io.result.stream.write(`Passed the token "${title}" of ${name} to ${program}.\n`);
    return EXIT.done;
  } finally {
    await session.close();
  }
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
