// Invented people and sessions; no one described here exists.
export const CLIENTS = [
  {
    name: 'Client A (synthetic)',
    sessions: [
      {
        days: 15,
        privateNote:
          'First session. I noticed how quickly I wanted to reassure her; worth asking whose discomfort I was easing.\n\nHypothesis, not for the chart: the move is grief about her mother more than it is about the flat. Hold it lightly.',
        progress: {
          'presenting-problem':
            'Difficulty falling asleep since moving house six weeks ago; tired at work, irritable at home.',
          goals: 'Sleep through at least four nights of seven. Return to the evening choir.',
          interventions: 'Psychoeducation about sleep; sleep diary introduced; CBT-I rationale agreed.',
          response: 'Engaged, some doubt about keeping a diary. Agreed to try it for two weeks.',
          plan: 'Weekly sessions. Sleep diary. PHQ-9 at the third session.',
        },
      },
      {
        days: 8,
        privateNote: 'She was late and apologised four times. I felt parental. Bring this to supervision.',
        progress: {
          'presenting-problem': 'Sleep onset still delayed; two good nights this week.',
          goals: 'Unchanged.',
          interventions: 'Reviewed the diary; sleep window set to 00:00 to 06:00; stimulus control.',
          response: 'Sceptical about the window, willing to test it for a week.',
          plan: 'Keep the window. Review the diary next week.',
        },
        share: 'supervision',
      },
    ],
  },
  {
    name: 'Client B (synthetic)',
    sessions: [
      {
        days: 5,
        privateNote: 'Long silences that did not feel empty. I let them be. My own impatience came only at the end.',
        progress: {
          'presenting-problem': 'Panic attacks on public transport, two in the last month.',
          goals: 'Take the tram to work three days a week.',
          interventions: 'Interoceptive exposure: paced breathing against voluntary hyperventilation.',
          response: 'Tolerated three rounds; anxiety fell from 8 to 4 within the session.',
          plan: 'Daily practice at home; first tram stop together with a friend.',
        },
        share: 'treatment',
      },
    ],
  },
  {
    name: 'Client C (synthetic)',
    sessions: [{ days: 1, privateNote: 'Only an impression so far: very polished story. Where is the anger?' }],
  },
];
