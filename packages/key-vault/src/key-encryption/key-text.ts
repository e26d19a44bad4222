/** Visible ASCII is what an HTTP field takes; a line end from a file or a prompt is the usual accident. */
export const keyText = /^[\x21-\x7e]{1,16384}$/

/** Whether a text can be sent as a key. */
export const isKeyText = (text: unknown): text is string => typeof text === 'string' && keyText.test(text)
