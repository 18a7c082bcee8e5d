// Public to other folders: ranks, and how a process joins them.
export {
  fromLeader,
  gather,
  isKnownToAll,
  isOnAny,
  LeaderFailed,
  launchIn,
  nameOfRank,
  onlyRank,
  partOfRank,
  type Ranks,
  RanksLost,
  ranksBeside,
  withoutLaunch,
} from './ranks.ts';
