/** A map that drops the older half when it is full. */
export interface GenerationMap<Value> {
  /** Counts as a use. */
  get(this: void, name: string): Value | undefined
  set(this: void, name: string, value: Value): void
  delete(this: void, name: string): void
  /** Deletes what is meant. */
  forget(this: void, isMeant: (value: Value) => boolean): void
  size(this: void): number
}

/**
 * Creates a bounded map: entries live in two generations of half the size; what is used in the older one moves to the younger,
 * and when the younger is full the older is dropped.
 */
export function createGenerationMap<Value>(maximumEntries: number): GenerationMap<Value> {
  const half = Math.ceil(maximumEntries / 2)
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()

  function set(name: string, value: Value): void {
    if (young.size >= half) {
      old = young
      young = new Map()
    }
    young.set(name, value)
  }

  return {
    get: (name) => {
      const value = young.get(name)
      if (value !== undefined) return value
      const older = old.get(name)
      if (older === undefined) return undefined
      old.delete(name)
      set(name, older)
      return older
    },
    set,
    delete: (name) => {
      young.delete(name)
      old.delete(name)
    },
    forget: (isMeant) => {
      for (const map of [young, old]) {
        for (const [name, value] of map) if (isMeant(value)) map.delete(name)
      }
    },
    size: () => young.size + old.size,
  }
}
