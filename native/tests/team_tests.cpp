// SPDX-License-Identifier: Apache-2.0
// The fork-join by itself: every task runs exactly once, whoever comes, and nobody is left asleep.
#include <atomic>
#include <chrono>
#if defined(__linux__)
#include <sched.h>
#endif

#include "support/random.h"
#include "support/workers.h"
#include "os/os.h"
#include "team.h"

namespace ks_test {
namespace {

// Counts how often each task ran; plain integers, so that a task that ran twice at once is a race as well.
struct Tally {
    std::vector<int> runs;
    std::atomic<int64_t> total{0};

    explicit Tally(int64_t tasks) : runs(static_cast<size_t>(tasks), 0) {}

    static void run(void* context, int64_t task) {
        Tally& tally = *static_cast<Tally*>(context);
        ++tally.runs[static_cast<size_t>(task)];
        tally.total.fetch_add(1, std::memory_order_relaxed);
    }
    bool once_each() const {
        for (const int count : runs) {
            if (count != 1) return false;
        }
        return true;
    }
};

void run_jobs(ks_team* team, uint64_t seed, int jobs) {
    Random random(seed);
    for (int i = 0; i < jobs; ++i) {
        Tally tally(random.integer(0, 40));
        ks::parallel_for(team, static_cast<int64_t>(tally.runs.size()), Tally::run, &tally);
        // Read without atomics: the join must have made the workers' writes visible.
        ASSERT_TRUE(tally.once_each()) << "job " << i << "; " << repeat_with(seed);
    }
}

class TeamTest : public testing::TestWithParam<int32_t> {};

TEST_P(TeamTest, RunsEveryTaskOfManySmallJobsOnce) {
    Workers workers(GetParam());
    run_jobs(workers.team(), seed_of_case(0), 3000);
}

TEST_P(TeamTest, WakesWorkersThatWentToSleep) {
    Workers workers(GetParam());
    for (int i = 0; i < 10; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        run_jobs(workers.team(), seed_of_case(static_cast<uint64_t>(i)), 3);
    }
}

TEST_P(TeamTest, ServesSeveralCallers) {
    Workers workers(GetParam());
    std::vector<std::thread> callers;
    for (uint64_t caller = 0; caller < 3; ++caller) {
        callers.emplace_back([&, caller] { run_jobs(workers.team(), seed_of_case(caller), 1000); });
    }
    for (std::thread& caller : callers) caller.join();
}

TEST_P(TeamTest, StopsDuringJobs) {
    for (int i = 0; i < 20; ++i) {
        Guarded<uint8_t> memory(ks_team_size(GetParam()), Against::kEnd, KS_ALIGNMENT);
        ASSERT_EQ(ks_team_init(memory.data(), memory.size(), GetParam()), KS_OK) << ks_last_error();
        ks_team* team = reinterpret_cast<ks_team*>(memory.data());
        std::vector<std::thread> threads;
        for (int32_t worker = 0; worker < GetParam(); ++worker) {
            threads.emplace_back([team] { EXPECT_EQ(ks_team_work(team), KS_OK) << ks_last_error(); });
        }
        threads.emplace_back([team, i] { run_jobs(team, seed_of_case(static_cast<uint64_t>(i)), 100); });
        if (i % 2 == 0) std::this_thread::yield();
        EXPECT_EQ(ks_team_stop(team), KS_OK) << ks_last_error();
        for (std::thread& thread : threads) thread.join();
    }
}

INSTANTIATE_TEST_SUITE_P(Sizes, TeamTest, testing::Values(1, 2, 3, 7));

TEST(Team, CallerDoesNotNeedWorkers) {
    Guarded<uint8_t> memory(ks_team_size(4), Against::kEnd, KS_ALIGNMENT);
    ASSERT_EQ(ks_team_init(memory.data(), memory.size(), 4), KS_OK) << ks_last_error();
    run_jobs(reinterpret_cast<ks_team*>(memory.data()), seed_of_case(0), 50);
    run_jobs(nullptr, seed_of_case(0), 50);
}

// Two tasks that each wait for the other end only where a worker shares the work.
TEST(Team, WorkersShareTheWork) {
    if (ks::os_processors() == 1) GTEST_SKIP() << "one processor: nobody would share";
    Workers workers(1);
    std::atomic<int> begun{0};
    const auto meet = [](void* context, int64_t) {
        std::atomic<int>& count = *static_cast<std::atomic<int>*>(context);
        count.fetch_add(1);
        while (count.load() < 2) std::this_thread::yield();
    };
    ks::parallel_for(workers.team(), 2, meet, &begun);
    EXPECT_EQ(begun, 2);
}

#if defined(__linux__)
// Workers that would only take turns with the caller are no help.
TEST(Team, CountsTheProcessorsOfTheThreadThatMakesIt) {
    cpu_set_t before;
    ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
    EXPECT_EQ(ks::os_processors(), CPU_COUNT(&before));
    {
        Workers workers(7);
        EXPECT_EQ(ks::team_threads(workers.team()), CPU_COUNT(&before) < 8 ? CPU_COUNT(&before) : 8);
    }

    int first = 0;
    while (!CPU_ISSET(first, &before)) ++first;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    {
        Workers workers(3);
        EXPECT_EQ(ks::team_threads(workers.team()), 1);
        run_jobs(workers.team(), seed_of_case(0), 100);
    }
    EXPECT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
}
#endif

TEST(Team, JobWithinAJobRunsAlone) {
    Workers workers(2);
    struct Nested {
        ks_team* team;
        std::atomic<int64_t> total{0};
    } nested = {workers.team()};
    const auto outer = [](void* context, int64_t) {
        Nested& self = *static_cast<Nested*>(context);
        Tally tally(5);
        ks::parallel_for(self.team, 5, Tally::run, &tally);
        self.total.fetch_add(tally.total);
    };
    ks::parallel_for(nested.team, 8, outer, &nested);
    EXPECT_EQ(nested.total, 40);
}

TEST(Team, RunsTasksOfTheCaller) {
    Workers workers(2);
    for (ks_team* team : {workers.team(), static_cast<ks_team*>(nullptr)}) {
        for (const int64_t tasks : {0, 1, 50}) {
            Tally tally(tasks);
            ASSERT_EQ(ks_team_run(team, tasks, Tally::run, &tally), KS_OK) << ks_last_error();
            EXPECT_TRUE(tally.once_each());
        }
    }
}

TEST(Team, RefusesTasksThatCannotBeRun) {
    Guarded<uint8_t> memory(ks_team_size(1), Against::kEnd, KS_ALIGNMENT);
    ks_team* team = reinterpret_cast<ks_team*>(memory.data());
    Tally tally(1);
    EXPECT_EQ(ks_team_run(team, 1, Tally::run, &tally), KS_ERROR_TEAM) << "not initialised";
    ASSERT_EQ(ks_team_init(memory.data(), memory.size(), 1), KS_OK) << ks_last_error();
    EXPECT_EQ(ks_team_run(reinterpret_cast<ks_team*>(memory.data() + 8), 1, Tally::run, &tally), KS_ERROR_ALIGNMENT);
    EXPECT_EQ(ks_team_run(team, 1, nullptr, &tally), KS_ERROR_NULL);
    EXPECT_STREQ(ks_last_error(), "run is null");
    EXPECT_EQ(ks_team_run(team, -1, Tally::run, &tally), KS_ERROR_VALUE);
    EXPECT_STREQ(ks_last_error(), "tasks is -1, it must be at least 0");
    ASSERT_EQ(ks_team_stop(team), KS_OK);
    EXPECT_EQ(ks_team_run(team, 1, Tally::run, &tally), KS_ERROR_TEAM);
    EXPECT_EQ(tally.total, 0);
}

TEST(Team, RefusesMoreThreadsThanWorkers) {
    Guarded<uint8_t> memory(ks_team_size(1), Against::kEnd, KS_ALIGNMENT);
    ASSERT_EQ(ks_team_init(memory.data(), memory.size(), 1), KS_OK) << ks_last_error();
    ks_team* team = reinterpret_cast<ks_team*>(memory.data());
    std::atomic<int> accepted{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] { ++(ks_team_work(team) == KS_OK ? accepted : refused); });
    }
    while (refused < 2) std::this_thread::yield();
    EXPECT_EQ(ks_team_stop(team), KS_OK) << ks_last_error();
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(accepted, 1);
    EXPECT_EQ(refused, 2);
    EXPECT_EQ(ks_team_work(team), KS_OK) << "a worker that comes after the end has nothing to do";
}

}  // namespace
}  // namespace ks_test
