/** Permission levels on folders and dashboards, by their number in the API. */
export const levels = { 1: "View", 2: "Edit", 4: "Admin" } as const;

export type Level = keyof typeof levels;

/** A permission of a user, a service account, a team or a role on a folder or dashboard. */
export interface Grant {
  readonly userId?: number;
  readonly teamId?: number;
  readonly role?: string;
  readonly level: Level;
}

const dashboardActions: Record<Level, readonly string[]> = {
  1: ["dashboards:read", "annotations:read"],
  2: ["dashboards:write", "dashboards:delete", "annotations:write", "annotations:delete", "annotations:create"],
  4: ["dashboards.permissions:read", "dashboards.permissions:write"],
};

const folderActions: Record<Level, readonly string[]> = {
  1: ["folders:read", "alert.rules:read", "library.panels:read", "alert.silences:read"],
  2: [
    "folders:write",
    "folders:delete",
    "folders:create",
    "dashboards:create",
    "alert.rules:create",
    "alert.rules:write",
    "alert.rules:delete",
    "alert.silences:create",
    "alert.silences:write",
    "library.panels:create",
    "library.panels:write",
    "library.panels:delete",
  ],
  4: ["folders.permissions:read", "folders.permissions:write"],
};

const order: readonly Level[] = [1, 2, 4];

/** The actions of each level, on a dashboard, or on a folder and its contents. */
export const actionsOf = {
  dashboards: upTo(dashboardActions),
  folders: upTo({
    1: [...dashboardActions[1], ...folderActions[1]],
    2: [...dashboardActions[2], ...folderActions[2]],
    4: [...dashboardActions[4], ...folderActions[4]],
  }),
} as const;

export function isLevel(value: unknown): value is Level {
  return value === 1 || value === 2 || value === 4;
}

/** Default permissions on a new folder or dashboard at the root, for its creator and two roles. */
export function defaultGrants(maker: number): Grant[] {
  return [
    { userId: maker, level: 4 },
    { role: "Editor", level: 2 },
    { role: "Viewer", level: 1 },
  ];
}

function upTo(own: Record<Level, readonly string[]>): Record<Level, ReadonlySet<string>> {
  const sets = order.map((level) => [
    level,
    new Set(order.filter((lower) => lower <= level).flatMap((lower) => own[lower])),
  ]);
  return Object.fromEntries(sets) as Record<Level, ReadonlySet<string>>;
}
