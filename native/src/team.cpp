// SPDX-License-Identifier: Apache-2.0
#include "team.h"

#include <inttypes.h>

#include <atomic>
#include <new>

#include "check.h"
#include "os/os.h"

using Word = std::atomic<uint32_t>;
static_assert(Word::is_always_lock_free && sizeof(Word) == sizeof(uint32_t), "the system waits on a plain word");

// A part of a job's tasks, for one thread to begin with.
struct alignas(KS_ALIGNMENT) Share {
    std::atomic<int64_t> next{0};
    int64_t end = 0;
};

// How a job goes: its caller, who holds `busy`, writes its description, opens `state` and moves `generation` on.
// Workers that see the new generation enter by counting themselves into `state` while it is open, take tasks from
// the shares, and leave. When no task is left the caller closes `state` and waits for those inside: one that comes
// later finds it closed. So the description is never written while somebody may read it, and nobody waits for who has
// not entered.
struct alignas(KS_ALIGNMENT) ks_team {
    static constexpr uint64_t kMagic = 0x6D6165542D534B2E;
    std::atomic<uint64_t> magic{0};
    int32_t workers = 0;
    int32_t useful = 0;  // workers for which the caller leaves a processor
    Word parked{0};  // threads in ks_team_work()
    Word busy{0};    // a caller holds the team
    Word stopped{0};

    // The job.
    void (*run)(void* context, int64_t task) = nullptr;
    void* context = nullptr;

    // Workers wait here for it to change.
    alignas(KS_ALIGNMENT) Word generation{0};
    Word sleepers{0};
    // Who is inside and whether the job is open; its caller waits here for the last one to leave.
    alignas(KS_ALIGNMENT) Word state{0};

    // One for each thread that gains, behind this.
    Share* shares() { return reinterpret_cast<Share*>(this + 1); }
    int32_t share_count() const { return useful + 1; }
};

namespace ks {
namespace {

constexpr int32_t kMostWorkers = 1023;
constexpr int kSpins = 2048;  // tens of microseconds: longer than the gap between two layers' multiplications
constexpr int32_t kEveryone = INT32_MAX;

// ks_team::state
constexpr uint32_t kOpen = 1;
constexpr uint32_t kCallerSleeps = 2;
constexpr uint32_t kOneInside = 4;

void pause_spin() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    // `yield` is a no-op on most cores; an instruction barrier takes about as long as x86's `pause`.
    __asm__ volatile("isb" ::: "memory");
#endif
}

uint64_t size_for(int32_t workers) { return sizeof(ks_team) + sizeof(Share) * (static_cast<uint64_t>(workers) + 1); }

int32_t awake_workers(const ks_team& team) {
    return static_cast<int32_t>(team.parked.load(std::memory_order_relaxed) - team.sleepers.load());
}

// Returns a generation other than `seen`. A sleeper counts itself before the kernel compares the word, and who moves
// the word on does so before reading the count: one of them notices the other. Those that are more than there are
// processors sleep at once: they would take the time of those that work.
uint32_t wait_for_generation(ks_team& team, uint32_t seen) {
    const int spins = awake_workers(team) <= team.useful ? kSpins : 0;
    for (int spin = 0; spin < spins; ++spin) {
        const uint32_t now = team.generation.load(std::memory_order_acquire);
        if (now != seen) return now;
        pause_spin();
    }
    team.sleepers.fetch_add(1);
    uint32_t now;
    while ((now = team.generation.load()) == seen) os_wait(team.generation, seen);
    team.sleepers.fetch_sub(1);
    return now;
}

// Wakes sleepers until so many workers are awake.
void next_generation(ks_team& team, int32_t wanted) {
    team.generation.fetch_add(1);
    if (team.sleepers.load() == 0) return;
    const int32_t missing = wanted == kEveryone ? kEveryone : wanted - awake_workers(team);
    if (missing > 0) os_wake(team.generation, missing);
}

bool enter(ks_team& team) {
    uint32_t state = team.state.load(std::memory_order_relaxed);
    while (state & kOpen) {
        if (team.state.compare_exchange_weak(state, state + kOneInside, std::memory_order_acquire,
                                             std::memory_order_relaxed)) {
            return true;
        }
    }
    return false;
}

void leave(ks_team& team) {
    const uint32_t left = team.state.fetch_sub(kOneInside, std::memory_order_release) - kOneInside;
    if (left == kCallerSleeps) os_wake(team.state, 1);
}

void close_and_wait(ks_team& team) {
    team.state.fetch_and(~kOpen, std::memory_order_relaxed);
    for (int spin = 0; spin < kSpins; ++spin) {
        if (team.state.load(std::memory_order_acquire) == 0) return;
        pause_spin();
    }
    uint32_t state = team.state.fetch_or(kCallerSleeps, std::memory_order_acquire) | kCallerSleeps;
    while (state != kCallerSleeps) {
        os_wait(team.state, state);
        state = team.state.load(std::memory_order_acquire);
    }
    team.state.store(0, std::memory_order_relaxed);
}

// Neighbours' tasks read neighbouring memory, which a thread that goes through a share fetches ahead. Who is through
// with its own helps with the next one, so that a slow thread keeps nobody waiting.
void share_out(ks_team& team, int64_t tasks) {
    const int64_t count = team.share_count();
    const int64_t larger = tasks % count;
    int64_t begin = 0;
    for (int64_t i = 0; i < count; ++i) {
        Share& share = team.shares()[i];
        share.next.store(begin, std::memory_order_relaxed);
        share.end = begin += tasks / count + (i < larger ? 1 : 0);
    }
}

void take_tasks(ks_team& team, int32_t first) {
    for (int32_t i = 0; i < team.share_count(); ++i) {
        Share& share = team.shares()[(first + i) % team.share_count()];
        for (int64_t task; (task = share.next.fetch_add(1, std::memory_order_relaxed)) < share.end;) {
            team.run(team.context, task);
        }
    }
}

ks_status check_initialised(const ks_team* team) {
    KS_CHECK(check_buffer("team", team, KS_ALIGNMENT));
    if (team->magic.load(std::memory_order_acquire) == ks_team::kMagic) return KS_OK;
    return fail(KS_ERROR_TEAM, "team was not initialised by ks_team_init()");
}

ks_status work(ks_team& team) {
    const uint32_t before = team.parked.fetch_add(1);
    if (before >= static_cast<uint32_t>(team.workers)) {
        team.parked.fetch_sub(1);
        return fail(KS_ERROR_TEAM, "team has %" PRId32 " workers, and as many threads are in ks_team_work()",
                    team.workers);
    }
    uint32_t generation = team.generation.load(std::memory_order_acquire);
    while (!team.stopped.load(std::memory_order_acquire)) {
        if (enter(team)) {
            take_tasks(team, static_cast<int32_t>(before) + 1);
            leave(team);
        }
        generation = wait_for_generation(team, generation);
    }
    team.parked.fetch_sub(1);
    return KS_OK;
}

}  // namespace

ks_status check_team(const ks_team* team) {
    KS_CHECK(check_initialised(team));
    return team->stopped.load(std::memory_order_acquire) ? fail(KS_ERROR_TEAM, "team is stopped") : KS_OK;
}

int32_t team_threads(const ks_team* team) { return team != nullptr ? team->share_count() : 1; }

uint64_t team_size(const ks_team* team) { return team != nullptr ? size_for(team->workers) : 0; }

void parallel_for(ks_team* team, int64_t tasks, void (*run)(void* context, int64_t task), void* context) {
    if (team == nullptr || tasks < 2 || team->busy.exchange(1, std::memory_order_acquire)) {
        for (int64_t task = 0; task < tasks; ++task) run(context, task);
        return;
    }
    team->run = run;
    team->context = context;
    share_out(*team, tasks);
    team->state.store(kOpen, std::memory_order_release);
    next_generation(*team, static_cast<int32_t>(tasks - 1 < team->useful ? tasks - 1 : team->useful));
    take_tasks(*team, 0);
    close_and_wait(*team);
    team->busy.store(0, std::memory_order_release);
}

}  // namespace ks

extern "C" {

uint64_t ks_team_size(int32_t workers) {
    return workers >= 1 && workers <= ks::kMostWorkers ? ks::size_for(workers) : 0;
}

int32_t ks_team_init(void* memory, uint64_t memory_size, int32_t workers) {
    KS_CHECK(ks::check_buffer("memory", memory, KS_ALIGNMENT));
    if (workers < 1 || workers > ks::kMostWorkers) {
        return ks::fail(KS_ERROR_VALUE, "workers is %" PRId32 ", it must be from 1 to %" PRId32, workers,
                        ks::kMostWorkers);
    }
    KS_CHECK(ks::check_capacity("memory", memory_size, ks::size_for(workers), "bytes"));
    ks_team* team = new (memory) ks_team;
    team->workers = workers;
    const int32_t others = ks::os_processors() - 1;
    team->useful = workers < others ? workers : others;
    for (int32_t i = 0; i < team->share_count(); ++i) new (team->shares() + i) Share;
    team->magic.store(ks_team::kMagic, std::memory_order_release);
    return KS_OK;
}

int32_t ks_team_work(ks_team* team) {
    KS_CHECK(ks::check_initialised(team));
    return ks::work(*team);
}

int32_t ks_team_run(ks_team* team, int64_t tasks, ks_task run, void* context) {
    if (team != nullptr) KS_CHECK(ks::check_team(team));
    if (tasks < 0) return ks::fail(KS_ERROR_VALUE, "tasks is %" PRId64 ", it must be at least 0", tasks);
    if (run == nullptr) return ks::fail(KS_ERROR_NULL, "run is null");
    ks::parallel_for(team, tasks, run, context);
    return KS_OK;
}

int32_t ks_team_stop(ks_team* team) {
    KS_CHECK(ks::check_team(team));
    team->stopped.store(1, std::memory_order_release);
    ks::next_generation(*team, ks::kEveryone);
    return KS_OK;
}

}  // extern "C"
