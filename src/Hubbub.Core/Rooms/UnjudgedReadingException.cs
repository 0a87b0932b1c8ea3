using Hubbub.Core.Log;

namespace Hubbub.Core.Rooms;

/// <summary>The store failed when a reading that had begun was to be judged once more: it was withdrawn, and its reader has to begin again where it stood.</summary>
public sealed class UnjudgedReadingException(StoreException why) : StoreException(why.Message, why);
