/** No screenshots, or no further ones, can be taken. The message is the reason; the review continues without them. */
export class NoPictures extends Error {}
