#include "checker/explore/engines/concrete/mailboxes.h"
#include "checker/explore/engines/symmetric/pipeline.h"

#include <algorithm>
#include <array>

namespace cowcheck {

const EngineKind& engine_for(const TransitionSystem& system) {
    static const std::array kinds{concrete_engine(), symmetric_engine()};
    return *std::find_if(kinds.begin(), kinds.end(),
                         [&](const EngineKind& kind) { return kind.fits(system); });
}

}  // namespace cowcheck
