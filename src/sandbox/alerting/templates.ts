import type { Routes } from "../context.ts";
import { reply } from "../http.ts";
import type { JsonObject } from "../json.ts";
import type { Alerting } from "./alerting.ts";
import { readStruct } from "./body.ts";
import { Fingerprint } from "./fingerprint.ts";
import { byText, uidOfName } from "./names.ts";
import type { NotificationDocument, Template } from "./notification-document.ts";
import { provenanceOf, checkProvenance, shownProvenance, type Provenance } from "./provenance.ts";
import { publicError } from "./public-error.ts";
import { templateFault } from "./template-syntax.ts";
import { checkVersion } from "./versions.ts";

const templatesPath = "/api/v1/provisioning/templates";
const errorId = "alerting.notifications.templates";

/** Notification templates. Grafana does not check whether they are in use. */
export function templateRoutes(alerting: Alerting): Routes {
  const { notifications } = alerting;
  return (app) => {
    app.get(templatesPath, () => {
      const templates = notifications.document.templates.toSorted((a, b) => byText(a.name, b.name));
      return reply(200, templates.length === 0 ? null : templates.map(templateForm));
    });
    app.get(`${templatesPath}/:name`, (c) => {
      const template = find(notifications.document, c.req.param("name"));
      if (template === undefined) throw notFound();
      return reply(200, templateForm(template));
    });
    app.put(`${templatesPath}/:name`, async (c) => {
      const body = await readStruct(c);
      const version = body.text("version");
      const name = c.req.param("name");
      const template = { name, content: contentOf(name, body.text("template")), provenance: provenanceOf(c) };
      await alerting.write(async () => put(alerting, template, version));
      return reply(202, templateForm(template));
    });
    app.delete(`${templatesPath}/:name`, async (c) => {
      const path = c.req.param("name");
      const version = c.req.query("version") ?? "";
      const provenance = provenanceOf(c);
      await alerting.write(async () => remove(alerting, path, version, provenance));
      return new Response(null, { status: 204 });
    });
  };
}

function templateForm({ name, content, provenance }: Template): JsonObject {
  return { name, template: content, ...shownProvenance(provenance), version: versionOf(content) };
}

function versionOf(content: string): string {
  return new Fingerprint().bytes(Buffer.from(content)).toString();
}

/** The template as Grafana stores it: trimmed, and wrapped in a `define` unless it has one. */
function contentOf(name: string, sent: string): string {
  if (sent === "") throw invalid("template must have content");
  const trimmed = sent.trim();
  // Grafana does not recognize a `define` with a trim marker, and then rejects it as nested.
  const wrapped = /\{\{\s*define/.test(trimmed)
    ? trimmed
    : `{{ define "${name}" }}\n${trimmed
        .split("\n")
        .map((line) => `  ${line}`)
        .join("\n")}\n{{ end }}`;
  const fault = templateFault(wrapped);
  if (fault !== undefined) throw invalid(`invalid template: ${fault}`);
  return wrapped;
}

async function put({ notifications }: Alerting, template: Template, version: string): Promise<void> {
  const draft = notifications.draft();
  const { templates } = draft.document;
  const index = templates.findIndex(({ name }) => name === template.name);
  const existing = templates[index];
  if (existing === undefined) {
    if (version !== "") throw notFound();
    templates.push(template);
  } else {
    checkProvenance(existing.provenance, template.provenance);
    checkVersion(version, versionOf(existing.content));
    templates[index] = template;
  }
  await notifications.store(draft);
}

async function remove(
  { notifications }: Alerting,
  path: string,
  version: string,
  provenance: Provenance,
): Promise<void> {
  const draft = notifications.draft();
  const existing = find(draft.document, path);
  if (existing === undefined) return;
  checkVersion(version, versionOf(existing.content));
  checkProvenance(existing.provenance, provenance);
  draft.document.templates = draft.document.templates.filter((template) => template !== existing);
  await notifications.store(draft);
}

/** Finds a template by its name or by the uid that is derived from the name. */
function find({ templates }: NotificationDocument, path: string): Template | undefined {
  return (
    templates.find(({ name }) => name === path) ?? templates.find(({ name }) => uidOfName(`grafana|${name}`) === path)
  );
}

function notFound(): Error {
  return publicError(404, `${errorId}.notFound`, "NotFound");
}

function invalid(reason: string): Error {
  return publicError(400, `${errorId}.invalidFormat`, "Template is in invalid format.", { Error: reason });
}
