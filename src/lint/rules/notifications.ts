import { address, parseAddress } from "../../engine/model.ts";
import type { LintedTemplate } from "../../engine/lint.ts";
import { similar } from "../../util/similar.ts";
import type { FoundIn, Project, Rule, Subject } from "../model.ts";
import { actionsIn, callsIn, usedTemplates } from "../templates.ts";
import { FUNCTIONS, isGiven } from "../template-functions.ts";

/** A rule for objects of one kind. The kind names its rule. */
function unusedRule(id: string, what: string, about: string, bad: string): Rule {
  return {
    id,
    severity: "warning",
    group: "Notifications",
    reason: `A ${what} that nothing uses has no effect, and is often a sign of a missing route or of a wrong name.`,
    about,
    bad,
    good: `A ${what} that a policy, a route or a rule names`,
    project: ({ subjects, used, unusedRules }) =>
      subjects.flatMap((subject): FoundIn[] => {
        const { kind } = subject.desired;
        if (unusedRules.get(kind) !== id || used.has(address(subject.desired)) || !isRouted(subjects, used, kind))
          return [];
        return [{ subject, path: "name", message: "nothing uses it", hint: "Use it, or remove it." }];
      }),
  };
}

/** Whether the code decides who is notified. Otherwise, the objects may be used in Grafana. */
function isRouted(subjects: readonly Subject[], used: ReadonlySet<string>, kind: string): boolean {
  return (
    subjects.some(({ linted }) => linted.tree && linted.tree.name === undefined) ||
    [...used].some((name) => parseAddress(name).kind === kind)
  );
}

export const NOTIFICATION_RULES: readonly Rule[] = [
  unusedRule(
    "contact-point-unused",
    "contact point",
    "Reports contact points to which no policy, route or rule of the code refers. If the code has no policy tree and uses no contact point at all, they may be used in Grafana, and nothing is reported.",
    "A contact point pager that no policy names",
  ),
  unusedRule(
    "mute-timing-unused",
    "mute timing",
    "Reports mute timings to which no policy, route or rule of the code refers. If the code has no policy tree and uses no mute timing at all, they may be used in Grafana, and nothing is reported.",
    "A mute timing weekends that no policy names",
  ),
  {
    id: "template-unused",
    severity: "warning",
    group: "Notifications",
    reason: "A template that no contact point uses changes no message.",
    about:
      "Reports a notification template if no contact point and no other template uses any of its definitions. Without a contact point in the code, nothing is reported.",
    bad: '{{ define "slack.title" }}…{{ end }} that no contact point uses',
    good: `A contact point with the title {{ template "slack.title" . }}`,
    project: (project) => {
      const all = templatesOf(project);
      if (!all.some(({ template }) => !template.mustBeUsed && template.functions === "notification")) return [];
      const uses = new Set(
        all.flatMap(({ template: { text, defines } }) => usedTemplates(text).filter((name) => !defines.includes(name))),
      );
      return all.flatMap(({ subject, template: { mustBeUsed, defines, path } }): FoundIn[] =>
        !mustBeUsed || defines.some((name) => uses.has(name) || isGiven(name))
          ? []
          : [
              {
                subject,
                path,
                message: `no contact point uses ${defines.map((name) => `"${name}"`).join(", ")}`,
                hint: "Use the template, or remove it.",
              },
            ],
      );
    },
  },
  {
    id: "template-function-unknown",
    severity: "error",
    group: "Notifications",
    reason:
      "Grafana rejects a template with an unknown function, or sends a message with an error in place of the text.",
    about:
      "Reports functions that Grafana 12.4 doesn't support. Templates of notifications (notification templates and settings of contact points) and templates of alert rules (labels and annotations) support different functions. If the code defines notification templates, also reports a template that uses a definition that none of these has.",
    bad: "{{ upper .Status }}",
    good: "{{ .Status | toUpper }}",
    project: (project) => {
      const all = templatesOf(project);
      const defined = new Set(all.flatMap(({ template }) => template.defines));
      return all.flatMap(({ subject, template }): FoundIn[] => [
        ...unknownFunctions(subject, template),
        ...(defined.size === 0 || template.functions === "rule" ? [] : undefinedTemplates(subject, template, defined)),
      ]);
    },
  },
];

interface PlacedTemplate {
  readonly subject: Subject;
  readonly template: LintedTemplate;
}

function templatesOf({ subjects }: Project): PlacedTemplate[] {
  return subjects.flatMap((subject) => (subject.linted.templates ?? []).map((template) => ({ subject, template })));
}

function unknownFunctions(subject: Subject, { path, text, functions }: LintedTemplate): FoundIn[] {
  const known = FUNCTIONS[functions];
  return actionsIn(text).flatMap((action) =>
    callsIn(action).flatMap((call): FoundIn[] => {
      if (known.has(call.name)) return [];
      const suggestion = SUGGESTIONS[call.name] ?? similar(call.name, known);
      const hint = suggestion === undefined ? "Use a function of Grafana's templates." : `Did you mean ${suggestion}?`;
      return [
        {
          subject,
          path,
          span: call,
          message: `uses the function ${call.name}, which Grafana does not have here`,
          hint,
        },
      ];
    }),
  );
}

/** Functions of other template languages. */
const SUGGESTIONS: Readonly<Record<string, string>> = {
  upper: "toUpper",
  lower: "toLower",
  trim: "trimSpace",
  replace: "reReplaceAll",
  toString: "print",
};

function undefinedTemplates(subject: Subject, { path, text }: LintedTemplate, defined: ReadonlySet<string>): FoundIn[] {
  const missing = usedTemplates(text).filter((name) => !defined.has(name) && !isGiven(name));
  return [...new Set(missing)].map((name): FoundIn => {
    const suggestion = similar(name, defined);
    const hint = suggestion === undefined ? "Define it, or correct the name." : `Did you mean "${suggestion}"?`;
    return { subject, path, message: `uses the template "${name}", which no template defines`, hint };
  });
}
