import type { Difference } from "../../../engine/difference.ts";
import type { JsonObject } from "../../../util/json.ts";
import type { HtmlPage, Picture, ShownChange, Sides } from "../../../engine/view.ts";
import { pushedText, pushedTogether } from "../../../report/differences.ts";
import { differenceList, labelOf } from "../../../report/html/differences.ts";
import { gridMarkup, isOwnChange } from "./bands.ts";
import { places, sectionsOf, type Placed, type Places, type Section } from "./layout.ts";
import { countOf } from "../../../util/plural.ts";
import { markup, type Markup } from "../../../util/markup.ts";
import { panelChangesOf, panelsIn, type PanelChange, type PanelChanges } from "./panel-changes.ts";
import { panelMarkup } from "./panel.ts";
import { titleOf, typeOf } from "./panel-texts.ts";
import { pictogramShapes } from "./pictograms.ts";
import { layoutsMarkup } from "../v2/view/layout.ts";
import { bothSides } from "../../../report/html/sides.ts";
import { STATUSES, type Status } from "../../../report/html/status.ts";

export function page(): HtmlPage {
  const own = places();
  return {
    draw: (change) => ({ content: dashboardMarkup(change, own) }),
    style: own.style,
    shapes: pictogramShapes(),
  };
}

/** The changes of a dashboard as a list, and its grid before and after. */
function dashboardMarkup({ differences, sides, pictures = new Map() }: ShownChange, places: Places): Markup {
  const changes = panelChangesOf({ differences, sides });
  const isComplete = isUnchanged(differences, changes);
  const grid = (form: JsonObject | undefined) =>
    form && markup`${sectionsOf(form).map((section) => sectionMarkup(section, { changes, places, isComplete }))}`;
  const { before, after } = layoutsMarkup(sides, differences, { changes, places, isComplete });
  const drawn = bothSides(before ?? grid(sides.before), after ?? grid(sides.after));
  const list = changeList(sides, changes, pictures);
  if (!isComplete) return markup`${list}<button type="button" class="all" hidden>Show all panels</button>${drawn}`;
  const count = panelsIn(sides.after).filter(({ type }) => type !== "row").length;
  return markup`${list}<details class="unchanged"><summary>Show all: ${countOf(count, "unchanged panel")}</summary>${drawn}</details>`;
}

/** Whether neither the panels nor their arrangement differ. */
function isUnchanged(differences: readonly Difference[], { of }: PanelChanges): boolean {
  return (
    [...of.values()].every(({ status }) => status === "same") &&
    !differences.some(({ path }) => path.startsWith("layout["))
  );
}

interface Drawing {
  readonly changes: PanelChanges;
  readonly places: Places;
  readonly isComplete: boolean;
}

function sectionMarkup(section: Section, { changes, places, isComplete }: Drawing): Markup {
  const draw = ({ panel }: Placed, change: PanelChange, classes: string) => panelMarkup(panel, change, classes);
  const isRow = "row" in section;
  const grid = gridMarkup(section.panels, { changes, places, draw, isComplete: isComplete || isRow });
  if (!isRow) return grid;
  const change = changes.of.get(section.row);
  const inner = section.panels.map(({ panel }) => changes.of.get(panel)?.status ?? "same");
  const isOpen = section.panels.some(({ panel }) => isOwnChange(changes.of.get(panel)));
  const count = `${inner.length} ${inner.length === 1 ? "panel" : "panels"}, collapsed`;
  return markup`<details class="collapsed ${change?.status ?? "same"}"${
    isOpen ? markup` open` : undefined
  }><summary><b>${titleOf(section.row)}</b> <small>${count}</small></summary>${grid}</details>`;
}

/** The numbers, then each changed panel with its differences, which are collapsed unless there are screenshots. */
function changeList(
  { before, after }: Sides,
  { of, others }: PanelChanges,
  pictures: ReadonlyMap<string, Picture>,
): Markup {
  const panels = new Map<string, { panel: JsonObject; change: PanelChange }>();
  for (const panel of [...panelsIn(before), ...panelsIn(after)]) {
    const change = of.get(panel);
    if (change && change.status !== "same") panels.set(change.key, { panel, change });
  }
  const all = [...panels.values()];
  const pushed = all.filter(({ change }) => change.pushed);
  const shown = all.filter(({ change }) => !change.pushed);
  const order = (status: Status) => STATUSES.indexOf(status);
  // If the whole dashboard is added or removed, the grid is enough, unless there are screenshots.
  const items = shown
    .filter(({ change: { key } }) => (before && after) || pictures.has(key))
    .toSorted((a, b) => order(a.change.status) - order(b.change.status))
    .map((one) => panelItem(one, pictures.get(one.change.key)));
  const figures = STATUSES.filter((status) => status !== "same").flatMap((status) => {
    const count = shown.filter(({ change }) => change.status === status).length;
    return count > 0 ? [markup`<span class="figure ${status}">${count} ${status}</span>`] : [];
  });
  const together = pushedTogether(pushed.flatMap(({ change }) => change.differences)).map(
    (group) => markup`<li class="moved">${pushedText(group)}</li>`,
  );
  // The grid shows these differences when a panel is opened.
  const hidden = pushed.map(
    ({ panel, change }) =>
      markup`<li class="moved" data-k="${change.key}" hidden><b>${titleOf(panel)}</b>${differenceList(change.differences, 1)}</li>`,
  );
  return markup`${figures.length > 0 ? markup`<p class="figures">${figures}</p>` : undefined}${
    others.length > 0
      ? markup`<div class="others"><h4>The dashboard itself</h4>${differenceList(others)}</div>`
      : undefined
  }${items.length + together.length > 0 ? markup`<ul class="changes">${items}${together}${hidden}</ul>` : undefined}`;
}

function panelItem(
  { panel, change }: { panel: JsonObject; change: PanelChange },
  picture: Picture | undefined,
): Markup {
  const { key, status, differences } = change;
  const about =
    status === "added" || status === "removed"
      ? panel["type"] === "row"
        ? "row"
        : typeOf(panel)
      : [...new Set(differences.map((one) => labelOf(one, 1)))].join(", ");
  const list = status === "added" || status === "removed" ? undefined : differenceList(differences, 1);
  const head = markup`<b>${titleOf(panel)}</b> <small>${about}</small>`;
  const pictures = picture && pictureMarkup(picture, titleOf(panel));
  return list || pictures
    ? markup`<li class="${status}" data-k="${key}"><details${pictures ? markup` open` : undefined}><summary>${head}</summary>${list}${pictures}</details></li>`
    : markup`<li class="${status}" data-k="${key}">${head}</li>`;
}

/** The screenshots of the sides that exist. */
function pictureMarkup({ before, after }: Picture, title: string): Markup {
  const figure = (url: string | undefined, side: string) =>
    url === undefined
      ? undefined
      : markup`<figure><figcaption>${side}</figcaption><img src="${url}" alt="${title}, ${side.toLowerCase()}" loading="lazy"></figure>`;
  // Say so if both screenshots are equal, which is hard to see.
  const same = before !== undefined && before === after;
  return markup`<div class="pictures">${
    same ? figure(before, "Before and after (identical)") : [figure(before, "Before"), figure(after, "After")]
  }</div>`;
}
