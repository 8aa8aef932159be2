// Positions count characters as Python does, by code points; JavaScript counts an emoji as two.

export function inUnits(text, points) {
  if (points <= 0) return 0;
  let units = 0;
  for (const character of text) {
    units += character.length;
    points -= 1;
    if (points === 0) break;
  }
  return units;
}

export function countPoints(text) {
  let points = 0;
  for (const _ of text) points += 1;
  return points;
}
