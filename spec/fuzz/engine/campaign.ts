import { confirmStall, isSameAnswer, judge, stallMilliseconds, type Finding, type Verdict } from './judge.ts'
import { minimize } from './minimize.ts'
import { mutateText } from './mutate-text.ts'
import { createRandom, type Random } from './random.ts'
import type { Answer, Target } from './target.ts'

/** What was found, and with what. */
export interface Failure extends Finding {
  readonly target: string
  readonly input: string
}

/** What one target went through so far. */
export interface Tally {
  executions: number
  accepted: number
  refused: number
  /** Ways through the code that were told apart. */
  features: number
  /** How many answers were asked for again, of what remembers them and of what does not. */
  replayed: number
  /** The longest hold of the event loop that was more than a hiccup of the machine, in milliseconds. */
  longestMilliseconds: number
}

/** The fuzzing of one target; goes on where it stopped. */
export interface Campaign {
  readonly name: string
  readonly weight: number
  readonly tally: Readonly<Tally>
  /** Executes so many inputs, until `isOver` says so; gives the first failure. */
  run(this: void, executions: number, isOver: () => boolean): Promise<Failure | undefined>
  /** Gives everything that was sampled once more, in another order: what remembers and what does not must agree. */
  replay(this: void): Promise<Failure | undefined>
  close(this: void): void
}

const maximumCorpus = 1500
const maximumSamples = 300

/** Starts fuzzing a target; the same seed makes the same inputs. */
export function createCampaign(target: Target, seed: number): Campaign {
  const random = createRandom(seed, target.name)
  const subject = target.start()
  const corpus = createCorpus(target, random)
  const samples = createSamples(random)
  const tally: Tally = { executions: 0, accepted: 0, refused: 0, features: 0, replayed: 0, longestMilliseconds: 0 }

  async function inspect(input: string, verdict: Verdict): Promise<Failure | undefined> {
    const { answer, milliseconds, finding } = verdict
    if (finding !== undefined) return fail(target, input, finding)
    if (milliseconds > tally.longestMilliseconds) {
      const confirmed = await confirmStall(subject, input, milliseconds)
      tally.longestMilliseconds = Math.max(tally.longestMilliseconds, confirmed)
      if (confirmed > stallMilliseconds) {
        return fail(target, input, { kind: 'stall', what: `holds the event loop for ${Math.round(confirmed)} ms` })
      }
    }
    if (answer !== undefined) keep(input, answer)
    return undefined
  }

  function keep(input: string, answer: Answer): void {
    if (answer.accepted) tally.accepted += 1
    else tally.refused += 1
    if (corpus.add(input, answer)) tally.features += 1
    samples.offer(input, answer)
  }

  return {
    name: target.name,
    weight: target.weight,
    tally,
    run: async (executions, isOver) => {
      for (let left = executions; left > 0; left -= 1) {
        if (left % 64 === 0 && isOver()) return undefined
        const input = corpus.next()
        tally.executions += 1
        const judged = judge(subject, input)
        const failure = await inspectFast(judged instanceof Promise ? await judged : judged, input)
        if (failure !== undefined) return failure
      }
      return undefined
    },
    replay: async () => {
      const cold = target.start()
      try {
        for (const { input, answer } of samples.shuffled()) {
          tally.replayed += 1
          for (const [name, each] of Object.entries({ 'asked again': subject, 'asked anew': cold })) {
            const again = (await judge(each, input)).answer
            if (isSameAnswer(again, answer)) continue
            const what = `${name}: ${again?.feature ?? 'no answer'}; before: ${answer.feature}`
            return { kind: 'unstable', what, target: target.name, input }
          }
        }
        return undefined
      } finally {
        cold.close?.()
      }
    },
    close: () => subject.close?.(),
  }

  /** Most executions need nothing that must be awaited. */
  function inspectFast(verdict: Verdict, input: string): undefined | Promise<Failure | undefined> {
    const { answer, finding, milliseconds } = verdict
    if (finding !== undefined || answer === undefined || milliseconds > tally.longestMilliseconds) {
      return inspect(input, verdict)
    }
    keep(input, answer)
    return undefined
  }
}

async function fail(target: Target, input: string, finding: Finding): Promise<Failure> {
  const isStall = finding.kind === 'stall'
  const again = async (shorter: string): Promise<Finding | undefined> => {
    const subject = target.start()
    try {
      const { finding: found, milliseconds } = await judge(subject, shorter)
      return isStall && milliseconds > stallMilliseconds ? finding : found
    } finally {
      subject.close?.()
    }
  }
  const smallest = await minimize(input, async (shorter) => isAlike(await again(shorter), finding), isStall ? 40 : 400)
  const alone = await again(smallest)
  const history = { ...finding, what: `${finding.what} (only after what came before: give the seed again)` }
  return { ...(alone ?? history), target: target.name, input: smallest }
}

/** The first line: the place in a stack may differ, and so may what is quoted. */
function isAlike(found: Finding | undefined, finding: Finding): boolean {
  return found?.kind === finding.kind && headOf(found.what) === headOf(finding.what)
}

function headOf(text: string): string {
  return text.split(/[\n:]/, 1).join()
}

interface Corpus {
  /** The seeds first, then changes of what is kept. */
  next(this: void): string
  /** Keeps the input if it went a new way; whether it did. */
  add(this: void, input: string, answer: Answer): boolean
}

function createCorpus({ seeds, words = [], mutate, maximumLength = 16_384 }: Target, random: Random): Corpus {
  const kept = [...seeds]
  const features = new Set<string>()
  const sources = { words, corpus: kept, maximumLength }
  let position = 0
  return {
    next: () => {
      const seed = seeds[position]
      position += 1
      if (seed !== undefined) return seed
      const input = random.once(3) ? random.pick(seeds) : random.pick(kept)
      const changed =
        mutate !== undefined && !random.once(3) ? mutate(input, random) : mutateText(input, random, sources)
      return changed.length > maximumLength ? changed.slice(0, maximumLength) : changed
    },
    add: (input, { feature }) => {
      if (features.has(feature)) return false
      features.add(feature)
      if (kept.length < maximumCorpus) kept.push(input)
      return true
    },
  }
}

interface Sample {
  readonly input: string
  readonly answer: Answer
}

interface Samples {
  offer(this: void, input: string, answer: Answer): void
  shuffled(this: void): readonly Sample[]
}

/** Keeps a fair choice of everything: half of it refused, half accepted. */
function createSamples(random: Random): Samples {
  const halves = { accepted: [] as Sample[], refused: [] as Sample[] }
  const seen = { accepted: 0, refused: 0 }
  return {
    offer: (input, answer) => {
      const half = answer.accepted ? 'accepted' : 'refused'
      seen[half] += 1
      const place = seen[half] <= maximumSamples / 2 ? seen[half] - 1 : random.below(seen[half])
      if (place < maximumSamples / 2) halves[half][place] = { input, answer }
    },
    shuffled: () => {
      const list = [...halves.refused, ...halves.accepted]
      for (let index = list.length - 1; index > 0; index -= 1) {
        const other = random.below(index + 1)
        ;[list[index], list[other]] = [list[other] as Sample, list[index] as Sample]
      }
      return list
    },
  }
}
