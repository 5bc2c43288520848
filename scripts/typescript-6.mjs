// TypeDoc needs the JavaScript API of TypeScript, which TypeScript 7 doesn't have: it gets TypeScript 6 instead.
import { registerHooks } from "node:module";

registerHooks({
  resolve: (specifier, context, next) => next(specifier === "typescript" ? "typescript-6" : specifier, context),
});
