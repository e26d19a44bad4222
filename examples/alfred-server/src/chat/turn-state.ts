/** What became of an answer. A question is always `complete`. */
export const turnStates = ['pending', 'streaming', 'complete', 'stopped', 'cut', 'refused', 'failed'] as const

export type TurnState = (typeof turnStates)[number]

/** The states in which nothing more comes. */
export type EndState = Exclude<TurnState, 'pending' | 'streaming'>

/** Whether nothing more comes. */
export const isOver = (state: TurnState): state is EndState => state !== 'pending' && state !== 'streaming'
