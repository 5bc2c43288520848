import { BaseError } from "../review/base-revision/errors.ts";
import { InvalidCodeError, ProvisionError } from "../util/errors.ts";
import { StalePlan } from "../saved-plan/compare.ts";
import { painter, type Output } from "./output.ts";
import { clean, cleanLines } from "../util/clean.ts";
import { faultsText } from "./text.ts";

/** Formats an error. An unexpected error is reported as a bug, with its stack trace. */
export function failureText(error: unknown, output: Output): string {
  const paint = painter(output);
  if (error instanceof InvalidCodeError) {
    return `${faultsText(error.faults, output)}\n${paint("red", clean(error.message))}.\n`;
  }
  if (error instanceof StalePlan) {
    const lines = error.moved.map(({ address, why }) => `  ${paint("bold", clean(address))} ${clean(why)}\n`);
    return `${paint("red", "Error:")} ${clean(error.message)}:\n${lines.join("")}${paint("dim", clean(error.hint ?? ""))}\n`;
  }
  if (error instanceof BaseError && error.faults.length > 0) {
    return `${faultsText(error.faults, output)}\n${paint("red", "Error:")} ${clean(error.message)}\n${paint("dim", clean(error.hint ?? ""))}\n`;
  }
  if (error instanceof ProvisionError) {
    const hint = error.hint ? `${paint("dim", clean(error.hint))}\n` : "";
    // The message can contain text from a server.
    return `${paint("red", "Error:")} ${clean(error.message)}\n${hint}`;
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${paint("red", "Unexpected error. This is a bug in grafana-provision:")}\n${cleanLines(stack)}\n`;
}
