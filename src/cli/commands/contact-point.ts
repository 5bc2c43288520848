import { mappingOf } from "../../code/environment-mapping.ts";
import { kinds } from "../../kinds/index.ts";
import { contactPointJson, contactPointText } from "../../report/contact-point.ts";
import { Cancelled, EXIT, type ExitCode } from "../../util/errors.ts";
import { countOf, listed } from "../../util/plural.ts";
import { readConfig } from "../code.ts";
import { agrees } from "../consent.ts";
import { ioOf } from "../io.ts";
import type { CommonOptions } from "../options.ts";
import { NO_CODE, openSession } from "../session.ts";

export interface ContactPointOptions extends CommonOptions {
  readonly yes?: boolean;
}

/** Sends a test message through each integration of a contact point in Grafana. `given`: its name in the code. */
export async function testContactPoint(given: string, options: ContactPointOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const loadedConfig = await readConfig(options);
  const kind = [...kinds.values()].find(({ testing }) => testing !== undefined);
  if (!kind?.testing) throw new Error("no kind can send test messages");
  const mapping = mappingOf(loadedConfig, options.env);
  const mapped = mapping?.rename(kind.name, given)?.id ?? given;
  const name = mapping?.named(kind.name, mapped)?.name ?? mapped;
  const session = await openSession(loadedConfig, options, io.progress.emit, NO_CODE);
  try {
    const senders = await kind.testing.senders(session.context, name);
    io.progress.stop();
    const types = listed([...new Set(senders.map(({ type }) => type))]);
    const what = `${countOf(senders.length, "test message")}${types === "" ? "" : ` (${types})`}`;
    const question = `Send ${what} with the contact point "${name}" of ${session.description}?`;
    if (options.yes !== true && !(await agrees(question, "A test message", options))) throw new Cancelled();
    const results = await Promise.all(senders.map((sender) => sender.send()));
    const exitCode = results.every(({ status }) => status === "sent") ? EXIT.done : EXIT.failure;
    const report = { command: kind.name, name, results, description: session.description };
    io.result.stream.write(
      options.output === "json" ? contactPointJson(report, exitCode) : contactPointText(report, io.result),
    );
    return exitCode;
  } finally {
    await session.close();
  }
}
