import { z } from 'zod'

/** A chat message with its context, about 2 KB as JSON: what every server of the contest reads. */
export const jsonMessage = JSON.stringify({
  message: 'Why does this loop skip the last item? '.repeat(40),
  tags: ['a', 'b', 'c'],
  context: Array.from({ length: 10 }, (_, index) => ({ file: `src/file-${String(index)}.ts`, line: index })),
})

/** Its schema. @param message - what a message has to be */
export const jsonMessageSchema = <T extends z.ZodType>(message: T) =>
  z.strictObject({
    message,
    tags: z.array(z.string()),
    context: z.array(z.strictObject({ file: z.string(), line: z.number() })),
  })
