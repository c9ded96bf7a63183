// Keeps the list of decisions up to date. All texts are set as text: nothing of them is ever read as HTML.
const list = document.querySelector('#list')
const template = document.querySelector('#decision')
const news = document.querySelector('#news')
const live = document.querySelector('#live')
const pause = document.querySelector('#pause')
const maximumDecisions = 50
const waiting = []
let isPaused = false

function renderDecision(view) {
  const item = template.content.firstElementChild.cloneNode(true)
  item.dataset.id = view.id
  item.dataset.outcome = view.outcome
  for (const slot of item.querySelectorAll('[data-slot]')) slot.textContent = view[slot.dataset.slot]
  item.classList.add('new')
  return item
}

function show(view) {
  const known = list.querySelector(`[data-id="${Number(view.id)}"]`)
  if (known === null) list.prepend(renderDecision(view))
  else known.replaceWith(renderDecision(view))
  while (list.children.length > maximumDecisions) list.lastElementChild.remove()
  news.textContent = `New decision: ${view.outcome}, ${view.resource}. ${view.code}`
}

pause.hidden = false
pause.addEventListener('click', () => {
  isPaused = !isPaused
  pause.textContent = isPaused ? 'Go on with the list' : 'Pause the list'
  if (!isPaused) for (const view of waiting.splice(0)) show(view)
})

const source = new EventSource(`/live?after=${list.firstElementChild?.dataset.id ?? 0}`)
source.addEventListener('open', () => {
  live.textContent = 'The last decisions of both servers, newest first. New ones come in as they are made.'
})
source.addEventListener('message', ({ data }) => {
  const view = JSON.parse(data)
  if (!isPaused) show(view)
  else if (waiting.push(view) > maximumDecisions) waiting.shift()
})
source.addEventListener('error', () => {
  live.textContent = 'The list is not live now: the example was ended, or the page must be reloaded.'
})

// After a call: the keyboard goes on, and a screen reader begins, at its result.
if (location.hash === '#result') document.querySelector('#result').focus()
