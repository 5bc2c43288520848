/** Why there are no pictures, or no more of them: a sentence for a report, which goes on without. */
export class NoPictures extends Error {}
