import { inPieces } from '../text/stepped-work.ts'
import { isDigit, isLetter } from '../text/character.ts'
import { createFindingList, type SteppedDetector } from '../text/finding.ts'

/** A word of a phrase: any of these, in lower case. */
type Words = ReadonlySet<string>

const words = (list: string): Words => new Set(list.split(' '))

const overriding = words('ignore disregard forget override bypass overlook discard neglect skip')
const earlier = words(
  'previous prior above earlier preceding foregoing existing original initial former past your',
)
const rules = words(
  'instruction instructions prompt prompts directive directives guidelines rules training programming constraints restrictions commands context',
)
const revealing = words(
  'reveal show print repeat output display leak disclose expose dump echo tell give write translate summarize recite',
)
const hiding = words('system initial hidden secret original internal developer confidential preprompt')
const hidden = words('prompt prompts instruction instructions rules message guidelines directives')
const playing = words('act pretend behave roleplay simulate respond are')
const becoming = words('you act pretend behave roleplay simulate respond')
const personas = words(
  'dan jailbroken jailbreak unrestricted unfiltered uncensored amoral stan dude evil devmode',
)
const freed = words('without no any zero')
const limits = words(
  'restrictions limitations filters censorship filter ethics morals guardrails policies rules',
)

/** Phrases: the sets must follow each other, each within so many words of the one before. */
interface Phrase {
  readonly sets: readonly Words[]
  readonly within: number
  readonly score: number
}

export const phrases: readonly Phrase[] = [
  { sets: [overriding, earlier, rules], within: 4, score: 0.85 },
  { sets: [revealing, hiding, hidden], within: 4, score: 0.8 },
  { sets: [words('do'), words('anything'), words('now')], within: 1, score: 0.85 },
  { sets: [playing, personas], within: 5, score: 0.8 },
  {
    sets: [words('developer debug god admin'), words('mode'), words('enabled activated on')],
    within: 2,
    score: 0.8,
  },
  { sets: [becoming, freed, limits], within: 6, score: 0.6 },
  { sets: [words('new updated real'), words('instructions task objective')], within: 1, score: 0.3 },
]

/** What models take for the frame of a conversation: the delimiters of their chat templates. */
export const frames: readonly string[] = [
  '<|im_start|>',
  '<|im_end|>',
  '<|system|>',
  '<|endoftext|>',
  '<|eot_id|>',
  '<|start_header_id|>',
  '[INST]',
  '<<SYS>>',
  '<start_of_turn>',
  '[/INST]',
]

/** Every word of every phrase. */
const known = new Set(phrases.flatMap(({ sets }) => sets.flatMap((set) => [...set])))

/** The longest word that any phrase has; longer ones are passed over. */
const maxWordLength = 16

/** Reads words one after the other and tells how far along every phrase is. */
function createPhraseReader(found: (start: number, end: number, score: number) => void) {
  const progress = phrases.map(() => ({ step: 0, at: 0, start: 0 }))
  return (word: string, at: number, start: number, end: number): void => {
    for (let index = 0; index < phrases.length; index++) {
      const phrase = phrases[index]
      const state = progress[index]
      if (!phrase || !state) continue
      if (state.step > 0 && at - state.at > phrase.within) state.step = 0
      if (phrase.sets[state.step]?.has(word) === true) {
        if (state.step === 0) state.start = start
        state.at = at
        state.step++
        if (state.step === phrase.sets.length) {
          found(state.start, end, phrase.score)
          state.step = 0
        }
      } else if (phrase.sets[0]?.has(word) === true) Object.assign(state, { step: 1, at, start })
    }
  }
}

/**
 * Finds phrases that try to take a language model off its instructions, and delimiters of chat templates. It is made
 * to be quiet: harmless texts use the same words. Nothing but a flag should come of it; give a better judge as a
 * {@link PromptScorer}.
 */
export const detectPrompt: SteppedDetector = function* (text, maxFindings) {
  const list = createFindingList(maxFindings)
  const read = createPhraseReader(list.add)
  let at = 0
  const look = (from: number, to: number): number => {
    let index = from
    while (index < to) {
      if (!isLetter(text.charCodeAt(index))) {
        index++
        continue
      }
      const start = index
      while (isLetter(text.charCodeAt(index)) || isDigit(text.charCodeAt(index))) index++
      at++
      if (index - start > maxWordLength) continue
      const word = text.slice(start, index).toLowerCase()
      if (known.has(word)) read(word, at, start, index)
    }
    return index
  }
  yield* inPieces(text.length, look)
  for (const frame of frames) {
    for (let start = text.indexOf(frame); start !== -1; start = text.indexOf(frame, start + frame.length)) {
      list.add(start, start + frame.length, 0.85)
    }
  }
  return list.findings
}
